"""Every form of a report says the same, and each is valid where it will be read."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from fairlead_policies.catalog import controls
from fairlead_policies.checks import controls_hold
from fairlead_policies.inventory import parse_inventory
from fairlead_policies.report import json_report, junit, page, sarif, terminal
from fairlead_policies.report.evidence import write_evidence
from fairlead_policies.report.matrix import Report
from fairlead_policies.results import Result
from fairlead_policies.settings import Settings
from fairlead_policies.waivers import Waiver, apply_waivers

SCHEMA = Path(__file__).parents[1] / "sarif-schema-2.1.0.json"
TIME = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def entry(type_: str, name: str, **inputs: object) -> dict:
    urn = f"urn:pulumi:dev::demo::{type_}::{name}"
    return {"urn": urn, "type": type_, "custom": True, "inputs": inputs}


@pytest.fixture
def report() -> Report:
    resources = [
        entry("aws:kms/key:Key", "good", enableKeyRotation=True),
        entry("aws:kms/key:Key", "bad<&>"),
        entry("aws:kms/key:Key", "waived", enableKeyRotation=False),
        entry(
            "aws:kms/key:Key", "unknown", enableKeyRotation="1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"
        ),
        entry("aws:kms/key:Key", "later", policy={**SECRET, "ciphertext": "v1:abc"}),
        entry("demo:index:Thing", "thing", token={**SECRET, "plaintext": '"hunter2"'}),
    ]
    plan = json.dumps({"version": 3, "deployment": {"resources": resources}}).encode()
    inventory = parse_inventory(plan, "state.json")
    waiver = Waiver(
        control="AWS-KMS-01",
        resource="waived",
        owner="ada@acme.org",
        reason="moves in May",
        expires=TIME.date(),
    )
    found = apply_waivers(controls_hold(inventory, Settings()), [waiver], TIME.date())
    assert not found.problems
    return Report(inventory, Settings(), found.findings, TIME, "0.1.0")


def test_the_matrix_has_every_control_and_never_passes_what_has_no_rule(report: Report) -> None:
    rows = {row.control.id: row for row in report.rows}
    assert set(rows) == set(controls())
    assert rows["AWS-KMS-01"].result is Result.FAIL
    assert rows["AWS-KMS-01"].counts == {
        Result.PASS: 1,
        Result.FAIL: 2,
        Result.WAIVED: 1,
        Result.NOT_EVALUATED: 1,
    }
    assert rows["AWS-KMS-02"].result is Result.NOT_EVALUATED
    assert rows["AZ-KV-01"].result is Result.NOT_APPLICABLE
    assert rows["AZ-LOG-01"].result is Result.NOT_IMPLEMENTED
    assert sum(report.totals.values()) == len(rows)


def test_exit_follows_severity_and_waived_findings_do_not_fail(report: Report) -> None:
    assert report.fails("low")
    assert report.fails("medium")
    assert not report.fails("high")
    waived = [replace(one, result=Result.WAIVED) for one in report.findings]
    assert not replace(report, findings=waived).fails("low")


def test_sarif_keeps_its_schema(report: Report) -> None:
    log = json.loads(sarif.render(report))
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(log)
    with pytest.raises(jsonschema.ValidationError):  # the schema does refuse
        jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(log | {"version": "2"})
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    kinds = Counter((one["ruleId"], one["kind"]) for one in run["results"])
    assert kinds["AWS-KMS-01", "fail"] == 3
    assert kinds["AWS-KMS-01", "open"] == 1
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    (suppressed,) = [one for one in run["results"] if "suppressions" in one]
    assert "ada@acme.org" in suppressed["suppressions"][0]["justification"]
    prints = {one["partialFingerprints"]["urnAndControl/v1"] for one in run["results"]}
    assert len(prints) == len(run["results"])


def test_junit_counts_what_it_holds(report: Report) -> None:
    root = ET.fromstring(junit.render(report))
    assert int(root.get("tests", "")) == len(root.findall(".//testcase"))
    assert int(root.get("failures", "")) == len(root.findall(".//failure")) == 2
    assert int(root.get("skipped", "")) == len(root.findall(".//skipped"))
    names = {one.get("name") for one in root.findall(".//testcase")}
    assert any("bad<&>" in str(name) for name in names)


def test_json_holds_the_matrix_the_findings_and_where_they_come_from(report: Report) -> None:
    data = json.loads(json_report.render(report))
    assert (data["project"], data["stack"], data["resources"]) == ("demo", "dev", 6)
    assert data["time"] == "2026-11-21T10:30:00+00:00"
    assert len(data["matrix"]) == len(controls())
    (waived,) = [one for one in data["findings"] if one["result"] == "waived"]
    assert waived["waiver"]["reason"] == "moves in May"


def test_the_page_loads_nothing_and_escapes_what_it_shows(report: Report) -> None:
    text = page.render(report)
    assert not re.search(r"<(?:script|img|link)[^>]+(?:src|href)=", text)
    assert "bad&lt;&amp;&gt;" in text
    assert "bad<&>" not in text
    for control in controls():
        assert f'id="{control}"' in text
    assert "<b>document</b>" in page.render(report, before="<b>document</b>")


def test_the_terminal_shows_counts_findings_and_the_fix_once(report: Report) -> None:
    text = terminal.render(report)
    assert re.search(r"AWS-KMS-01\s+medium\s+1\s+2\s+1\s+1\s", text)
    assert text.count(controls()["AWS-KMS-01"].remediation) == 1
    assert "until 2026-11-21, ada@acme.org: moves in May" in text
    assert "1 findings waived" in text
    assert "\x1b" not in text


def test_evidence_is_the_same_byte_for_byte_and_without_secrets(
    report: Report, tmp_path: Path
) -> None:
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text("[]\n")
    for name in ("first", "second"):
        write_evidence(report, tmp_path / name, waivers=waivers)
    first, second = (
        {one.name: one.read_bytes() for one in (tmp_path / name).iterdir()}
        for name in ("first", "second")
    )
    assert first == second
    assert b"hunter2" not in b"".join(first.values())
    assert b"v1:abc" not in b"".join(first.values())
    listed = dict(line.split("  ")[::-1] for line in first["SHA256SUMS"].decode().splitlines())
    assert set(listed) == set(first) - {"SHA256SUMS"}
    provenance = json.loads(first["provenance.json"])
    assert provenance["inputs"]["plan"] == report.inventory.digest
    assert provenance["time"] == "2026-11-21T10:30:00+00:00"
    write_evidence(report, tmp_path / "first")  # again, without waivers
    assert not (tmp_path / "first" / "waivers.yaml").exists()


def test_evidence_does_not_mix_with_other_files(report: Report, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(ValueError, match=r"thesis\.doc"):
        write_evidence(report, tmp_path)


def test_a_report_without_resources_is_one(report: Report) -> None:
    empty = replace(report, findings=(), inventory=replace(report.inventory, resources=()))
    for render in (terminal.render, json_report.render, sarif.render, junit.render, page.render):
        assert render(empty)
