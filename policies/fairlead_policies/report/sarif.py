"""The report as SARIF 2.1.0, for code scanning.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fairlead_policies.catalog import Control, controls
from fairlead_policies.report.matrix import Report
from fairlead_policies.results import Finding, Result

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
#: What code scanning sorts by.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}
_SHOWN = (Result.FAIL, Result.WAIVED, Result.NOT_EVALUATED)
#: Code scanning wants a place in a file, which a resource of a running program has not.
_FILE = "Pulumi.yaml"


def to_data(report: Report) -> dict[str, Any]:
    """Return the report as a SARIF log."""
    rules = [one for one in controls().values() if one.implemented]
    index = {one.id: place for place, one in enumerate(rules)}
    driver = {
        "name": "fairlead",
        "version": report.version,
        "informationUri": "https://www.pulumi.com/docs/insights/policy/",
        "rules": [_rule(one) for one in rules],
    }
    shown = [one for one in report.findings if one.result in _SHOWN]
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"fairlead/{report.title.replace(' ', '/')}/"},
        "invocations": [
            {"executionSuccessful": True, "endTimeUtc": report.time.strftime("%Y-%m-%dT%H:%M:%SZ")}
        ],
        "columnKind": "utf16CodeUnits",
        "results": [_result(one, index[one.control]) for one in shown],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(control: Control) -> dict[str, Any]:
    tags = [f"{key}:{one}" for key, ids in sorted(control.criteria.items()) for one in ids]
    return {
        "id": control.id,
        "shortDescription": {"text": control.title},
        "fullDescription": {"text": control.check},
        "help": {"text": f"{control.check}\n\n{control.remediation}"},
        "helpUri": control.link,
        "defaultConfiguration": {"level": _level(control)},
        "properties": {"tags": [*tags, "security"], "security-severity": _SCORES[control.severity]},
    }


def _level(control: Control) -> str:
    return "error" if control.severity in {"critical", "high"} else "warning"


def _result(finding: Finding, index: int) -> dict[str, Any]:
    control = controls()[finding.control]
    open_ = finding.result is Result.NOT_EVALUATED
    key = hashlib.sha256(f"{finding.urn}\n{finding.control}".encode()).hexdigest()
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": _FILE},
            "region": {"startLine": 1},
        },
        "logicalLocations": [
            {"fullyQualifiedName": finding.urn, "name": finding.urn.rpartition("::")[2]}
        ],
    }
    record: dict[str, Any] = {
        "ruleId": finding.control,
        "ruleIndex": index,
        "kind": "open" if open_ else "fail",
        "level": "none" if open_ else _level(control),
        "message": {"text": f"{finding.control} {control.title}: {finding.message}"},
        "locations": [location],
        "partialFingerprints": {"urnAndControl/v1": key},
    }
    if finding.waiver is not None:
        why = f"{finding.waiver.reason} ({finding.waiver.owner}, until {finding.waiver.expires})"
        record["suppressions"] = [{"kind": "external", "justification": why}]
    return record


def render(report: Report) -> str:
    """Return the report as SARIF text."""
    return json.dumps(to_data(report), indent=2, ensure_ascii=False) + "\n"
