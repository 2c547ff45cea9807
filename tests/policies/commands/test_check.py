"""``fairlead check --file``: exit statuses, files and errors, as a person sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KEY = "urn:pulumi:dev::demo::aws:kms/key:Key::models"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    resource = {"urn": KEY, "type": "aws:kms/key:Key", "custom": True, "inputs": {}}
    state = {"version": 3, "deployment": {"resources": [resource]}}
    (tmp_path / "state.json").write_text(json.dumps(state))
    return tmp_path


def check(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "fairlead.cli.main", "check", *arguments],
        cwd=folder,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1795257000", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


WAIVER = "- {control: AWS-KMS-01, resource: models, owner: ada, reason: r, expires: %s}\n"


def test_findings_are_one_a_threshold_and_waivers_zero_and_mistakes_two(folder: Path) -> None:
    status, said, _ = check(folder, "--file", "state.json")
    assert status == 1
    assert "AWS-KMS-01" in said
    assert check(folder, "--file", "state.json", "--fail-on", "high")[0] == 0

    (folder / "waivers.yaml").write_text(WAIVER % "2027-01-01")
    waived = check(folder, "--file", "state.json", "--waivers", "waivers.yaml")
    assert waived[0] == 0
    assert "1 findings waived" in waived[1]

    (folder / "waivers.yaml").write_text(WAIVER % "2026-01-01")
    status, said, error = check(folder, "--file", "state.json", "--waivers", "waivers.yaml")
    assert status == 2
    assert "1 fail" in said
    assert "expired on 2026-01-01" in error


def test_reports_are_written_and_the_matrix_shown(folder: Path) -> None:
    arguments = ("--file", "state.json", "--fail-on", "critical")
    for form in ("json", "sarif", "junit", "html", "text"):
        status, said, _ = check(folder, *arguments, "--format", form, "-o", f"report.{form}")
        assert status == 0
        assert "AWS-KMS-01" in said
        assert "AWS-KMS-01" in (folder / f"report.{form}").read_text()
    assert json.loads(check(folder, *arguments, "--format", "json")[1])["stack"] == "dev"
    assert check(folder, *arguments, "--evidence", "evidence")[0] == 0
    kept = {one.name: one.read_bytes() for one in (folder / "evidence").iterdir()}
    assert check(folder, *arguments, "--evidence", "evidence")[0] == 0
    assert kept == {one.name: one.read_bytes() for one in (folder / "evidence").iterdir()}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Name either a stack"),
        (("dev", "--file", "state.json"), "Name either a stack"),
        (("--file", "nowhere.json"), "nowhere.json cannot be read"),
        (("--file", "state.json", "--config", "bad.yaml"), "isolation"),
        (("--file", "state.json", "--waivers", "bad.yaml"), "list of waivers"),
        (("--file", "bad.yaml"), "not valid JSON"),
        (("--file", "state.json", "-o", "no/where.txt"), "cannot be written"),
    ],
)
def test_a_mistake_is_one_paragraph_and_exit_status_two(
    folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    (folder / "bad.yaml").write_text("isolation: far\n")
    status, _, error = check(folder, *arguments)
    assert status == 2
    assert told in error
