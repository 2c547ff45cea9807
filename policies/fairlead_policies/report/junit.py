"""The report as JUnit XML: a suite for each control, a case for each resource."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from fairlead_policies.report.matrix import Report, Row
from fairlead_policies.results import Finding, Result

_UNSHOWN = {one: None for one in range(32) if chr(one) not in "\t\n\r"}


def render(report: Report) -> str:
    """Return the report as JUnit XML text."""
    by_control: dict[str, list[Finding]] = {}
    for one in report.findings:
        by_control.setdefault(one.control, []).append(one)
    root = ET.Element("testsuites", name=f"fairlead check {report.title}")
    for row in report.rows:
        _suite(root, row, by_control.get(row.control.id, []), report)
    for name in ("tests", "failures", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, row: Row, findings: list[Finding], report: Report) -> None:
    control = row.control
    suite = ET.SubElement(
        root,
        "testsuite",
        name=f"{control.id} {control.title}",
        timestamp=report.time.strftime("%Y-%m-%dT%H:%M:%S"),
        errors="0",
    )
    if not findings:
        case = ET.SubElement(suite, "testcase", classname=control.id, name=row.result.value)
        ET.SubElement(case, "skipped", message=row.result.value)
    for one in findings:
        case = ET.SubElement(
            suite, "testcase", classname=control.id, name=one.urn.translate(_UNSHOWN)
        )
        _outcome(case, one, row)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _outcome(case: ET.Element, finding: Finding, row: Row) -> None:
    if finding.result is Result.FAIL:
        failure = ET.SubElement(case, "failure", message=finding.message, type=row.control.severity)
        failure.text = f"{row.control.check}\n\n{row.control.remediation}\n{row.control.link}"
    elif finding.waiver is not None:
        why = f"waived until {finding.waiver.expires} by {finding.waiver.owner}"
        ET.SubElement(case, "skipped", message=f"{why}: {finding.waiver.reason}")
    elif finding.result is not Result.PASS:
        ET.SubElement(case, "skipped", message=f"{finding.result.value}: {finding.message}")
