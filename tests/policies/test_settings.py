"""The pack's settings: strict, with every problem named, and never its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead_policies.settings import Settings, parse_settings, read_settings


def test_every_problem_is_named_with_its_path() -> None:
    given = {
        "isolation": "hunter2",
        "regions": ["eu-west-1"],
        "environments": {"prod": {"accounts": []}},
        "minimum_log_retention_days": 0,
    }
    with pytest.raises(ValueError, match="4 problems") as refused:
        parse_settings(given, "policies.yaml")
    said = str(refused.value)
    for path in ("isolation", "regions", "environments.prod.accounts", "minimum_log"):
        assert f"- {path}" in said
    assert "hunter2" not in said


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "policies.yaml"
    path.write_text("")
    assert read_settings(path) == Settings()


@pytest.mark.parametrize("text", ["- a", "3", "a: [", "isolation: far"])
def test_what_is_no_settings_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policies.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"policies\.yaml"):
        read_settings(path)


def test_what_is_shared_belongs_to_every_environment() -> None:
    settings = parse_settings(
        {
            "environment": "dev",
            "environments": {"dev": {"aws_accounts": ["1"]}, "prod": {"aws_accounts": ["2"]}},
            "shared": {"aws_accounts": ["3"]},
        },
        "it",
    )
    assert settings.owned("aws_accounts") == {"1", "3"}


def test_settings_are_written_in_one_order() -> None:
    regions = [f"region-{number}" for number in range(20)]
    given = {"allowed_regions": regions, "environments": {"dev": {"aws_accounts": regions}}}
    data = parse_settings(given, "it").to_data()
    assert data["allowed_regions"] == data["environments"]["dev"]["aws_accounts"] == sorted(regions)
    assert parse_settings(data, "again") == parse_settings(given, "it")
