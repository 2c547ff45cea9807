"""A stack's document as HTML: alone, or as the first part of the report."""

from __future__ import annotations

from pathlib import Path

from fairlead_policies.catalog import controls
from fairlead_policies.document.contents import contents
from fairlead_policies.report.matrix import Report
from fairlead_policies.report.templates import filled, headings
from fairlead_policies.results import Finding, Result

_HERE = Path(__file__).parent


def section(report: Report, *, with_findings: bool) -> str:
    """Return the document as a part of a page.

    Args:
        report: The report on the stack.
        with_findings: Whether open findings are listed; a report's own matrix has them anyway.
    """
    from markupsafe import Markup

    doc = contents(report.inventory, report.settings)
    found = report.with_result(Result.FAIL, Result.NOT_EVALUATED) if with_findings else None
    return filled(
        _HERE / "section.html",
        doc=doc,
        picture=Markup(doc.picture),  # noqa: S704 - drawn by us, with every text escaped
        findings=None if found is None else [_finding(one) for one in found],
    )


def render(report: Report) -> str:
    """Return the document as a page of its own, with nothing loaded from elsewhere.

    Args:
        report: The report on the stack.
    """
    from markupsafe import Markup

    inner = section(report, with_findings=True)
    return filled(
        _HERE / "document.html",
        report=report,
        parts=headings(inner, ["Open findings"]),
        section=Markup(inner),  # noqa: S704 - made just above, escaped
    )


def _finding(one: Finding) -> dict[str, str]:
    return {
        "control": one.control,
        "severity": controls()[one.control].severity,
        "result": one.result.value,
        "key": "fail" if one.result is Result.FAIL else "open",
        "resource": one.urn.rpartition("::")[2],
        "message": one.message,
    }
