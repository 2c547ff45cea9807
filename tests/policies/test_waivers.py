"""Waivers cover what they name until their day; the rest of them are errors."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from fairlead_policies.results import Finding, Result
from fairlead_policies.waivers import Waiver, apply_waivers, read_waivers, waiver_type

DAY = date(2026, 11, 21)
URN = "urn:pulumi:dev::demo::aws:kms/key:Key::models"
FAILED = Finding("AWS-KMS-01", URN, Result.FAIL, "`enableKeyRotation` must be true")


def waiver(**changes: object) -> Waiver:
    given = {
        "control": "AWS-KMS-01",
        "resource": "models",
        "owner": "ada",
        "reason": "because",
        "expires": DAY,
    }
    return waiver_type().validate_python(given | changes)


@pytest.mark.parametrize("pattern", ["models", "mod*", URN, "urn:pulumi:*::dem?::*::models", "*"])
def test_a_finding_is_waived_through_the_last_day(pattern: str) -> None:
    chosen = waiver(resource=pattern)
    waived = apply_waivers([FAILED], [chosen], DAY)
    assert [(one.result, one.waiver) for one in waived.findings] == [(Result.WAIVED, chosen)]
    assert not waived.problems


@pytest.mark.parametrize(
    ("chosen", "word"),
    [
        (waiver(expires=DAY - timedelta(days=1)), "expired"),
        (waiver(resource="other"), "covers no finding"),
        (waiver(control="AWS-KMS-02"), "covers no finding"),
    ],
)
def test_what_is_expired_or_unused_covers_nothing_and_is_an_error(
    chosen: Waiver, word: str
) -> None:
    waived = apply_waivers([FAILED], [chosen], DAY)
    assert waived.findings == (FAILED,)
    assert len(waived.problems) == 1
    assert word in waived.problems[0]


def test_passes_and_unknowns_need_no_waiver() -> None:
    others = [
        Finding("AWS-KMS-01", URN, Result.PASS),
        Finding("AWS-KMS-01", URN, Result.NOT_EVALUATED, "`x`"),
    ]
    waived = apply_waivers(others, [waiver()], DAY)
    assert waived.findings == tuple(others)
    assert waived.problems


def test_every_mistake_in_a_file_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(
        """
        - {control: AWS-KMS-01, resource: models, reason: because, expires: 2027-01-01}
        - {control: AWS-KMS-01, resource: models, owner: " ", reason: r, expires: 2027-01-01}
        - {control: AWS-NO-99, resource: models, owner: ada, reason: r, expires: 2027-01-01}
        - {control: AWS-KMS-01, resource: models, owner: ada, reason: r, expires: someday}
        - {control: AWS-KMS-01, resource: m, owner: ada, reason: r, expires: 2027-01-01, x: 1}
        """
    )
    with pytest.raises(ValueError, match="5 problems") as refused:
        read_waivers(path)
    for told in ("[0].owner", "[1].owner", "[2].control", "[3].expires", "[4].x"):
        assert told in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "waivers: []"])
def test_no_waivers_are_fine(tmp_path: Path, text: str) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(text)
    assert read_waivers(path) == ()


@pytest.mark.parametrize("text", ["a: 1", "3", "[[", "\x00"])
def test_what_is_no_list_of_waivers_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"waivers\.yaml"):
        read_waivers(path)
