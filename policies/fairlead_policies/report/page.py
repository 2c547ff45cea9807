"""The report as one HTML page: nothing is loaded from elsewhere, and it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairlead_policies.catalog import SEVERITIES, frameworks
from fairlead_policies.report.matrix import Report, Row
from fairlead_policies.report.templates import filled, headings
from fairlead_policies.results import Finding, Result

_TEMPLATE = Path(__file__).with_name("page.html")
#: How results are ordered, and what a page calls their colours.
_ORDER = {
    Result.FAIL: "fail",
    Result.NOT_EVALUATED: "open",
    Result.WAIVED: "waived",
    Result.PASS: "pass",
    Result.NOT_APPLICABLE: "absent",
    Result.NOT_IMPLEMENTED: "missing",
}


def render(report: Report, *, before: str | None = None) -> str:
    """Return the page.

    Args:
        report: What to show.
        before: HTML to put before the matrix, which is not escaped; by default the stack's
            document.
    """
    from markupsafe import Markup

    if before is None:
        from fairlead_policies.document.page import section

        before = section(report, with_findings=False)
    by_control: dict[str, list[Finding]] = {}
    for one in report.findings:
        if one.result is not Result.PASS:
            by_control.setdefault(one.control, []).append(one)
    rows = sorted(report.rows, key=_rank)
    return filled(
        _TEMPLATE,
        parts=headings(
            before, ["Matrix of controls", *(one.name for one in frameworks().values())]
        ),
        report=report,
        where=report.inventory,
        before=Markup(before),  # noqa: S704 - made by our own generator
        rows=[_row(one, by_control.get(one.control.id, [])) for one in rows],
        totals=[(_ORDER[key], key.value, report.totals[key]) for key in _ORDER],
        results=[(key, result.value) for result, key in _ORDER.items()],
        severities=list(reversed(SEVERITIES)),
        frameworks=list(frameworks().values()),
        coverage=[(one, _coverage(report, one.id)) for one in frameworks().values()],
    )


def _rank(row: Row) -> tuple[int, int]:
    return list(_ORDER).index(row.result), -SEVERITIES.index(row.control.severity)


def _row(row: Row, findings: list[Finding]) -> dict[str, Any]:
    control = row.control
    return {
        "control": control,
        "key": _ORDER[row.result],
        "result": row.result.value,
        "counts": [(_ORDER[key], key.value, count) for key, count in sorted(row.counts.items())],
        "findings": [
            {
                "key": _ORDER[one.result],
                "result": one.result.value,
                "urn": one.urn,
                "name": one.urn.rpartition("::")[2],
                "type": one.urn.split("::")[-2].rpartition("$")[2] if "::" in one.urn else "",
                "message": one.message,
                "waiver": one.waiver,
            }
            for one in findings
        ],
        "criteria": [(key, ids) for key, ids in sorted(control.criteria.items())],
        "filter": " ".join(f"{key}:{c}" for key, ids in control.criteria.items() for c in ids),
    }


def _coverage(report: Report, framework: str) -> list[tuple[str, str, dict[str, int]]]:
    """Return, for each criterion of a framework, how many of its controls had each result."""
    results = {row.control.id: _ORDER[row.result] for row in report.rows}
    found = []
    chosen = frameworks()[framework]
    for criterion, ids in chosen.controls.items():
        counts = dict.fromkeys(_ORDER.values(), 0)
        for one in ids:
            counts[results[one]] += 1
        found.append((criterion, chosen.titles[criterion], counts))
    return found
