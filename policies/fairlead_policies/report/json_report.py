"""The report as JSON: for programs, and as evidence."""

from __future__ import annotations

import json
from typing import Any

from fairlead_policies.catalog import controls, frameworks
from fairlead_policies.report.matrix import Report
from fairlead_policies.results import Finding, Result


def to_data(report: Report) -> dict[str, Any]:
    """Return the whole report as JSON data."""
    where = report.inventory
    return {
        "schema": "1.0",
        "project": where.project,
        "stack": where.stack,
        "source": where.source,
        "digest": where.digest,
        "time": report.time.isoformat(),
        "pack": report.version,
        "settings": report.settings.to_data(),
        "resources": len(where.resources),
        "totals": {result.value: count for result, count in report.totals.items()},
        "matrix": matrix(report),
        "findings": [_finding(one) for one in report.findings if one.result is not Result.PASS],
        "waiver_problems": list(report.waiver_problems),
        "remarks": list(report.remarks),
        "frameworks": {
            one.id: {"name": one.name, "version": one.version, "criteria": dict(one.titles)}
            for one in frameworks().values()
        },
    }


def matrix(report: Report) -> list[dict[str, Any]]:
    """Return a record for every control."""
    return [
        {
            "control": row.control.id,
            "title": row.control.title,
            "severity": row.control.severity,
            "result": row.result.value,
            "resources": {result.value: count for result, count in sorted(row.counts.items())},
            "criteria": {key: list(ids) for key, ids in sorted(row.control.criteria.items())},
            "check": row.control.check,
            "remediation": row.control.remediation,
            "link": row.control.link,
        }
        for row in report.rows
    ]


def _finding(one: Finding) -> dict[str, Any]:
    record: dict[str, Any] = {
        "control": one.control,
        "severity": controls()[one.control].severity,
        "urn": one.urn,
        "result": one.result.value,
        "message": one.message,
    }
    if one.waiver is not None:
        record["waiver"] = one.waiver.to_data()
    return record


def render(report: Report) -> str:
    """Return the report as JSON text, the same for the same report."""
    return json.dumps(to_data(report), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
