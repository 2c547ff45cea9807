"""The report in a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import groupby

import typer

from fairlead_policies.catalog import controls
from fairlead_policies.report.matrix import Report, Row
from fairlead_policies.results import Result

_COLOURS = {
    Result.FAIL: "red",
    Result.NOT_EVALUATED: "yellow",
    Result.WAIVED: "magenta",
    Result.PASS: "green",
}
_COUNTED = (Result.PASS, Result.FAIL, Result.NOT_EVALUATED, Result.WAIVED)


_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def render(report: Report) -> str:
    """Return the report as text without colours, for a file."""
    return _ESCAPES.sub("", "\n".join(lines(report))) + "\n"


def lines(report: Report, *, width: int = 100) -> Iterator[str]:
    """Yield the lines of a report.

    Args:
        report: What to show.
        width: Columns to fill with lists.
    """
    count = sum(not one.type.startswith("pulumi:") for one in report.inventory.resources)
    noun = "resource" if count == 1 else "resources"
    yield f"{report.title}: {count} {noun}, isolation {report.settings.isolation}"
    yield ""
    asked = [row for row in report.rows if row.counts]
    if asked:
        yield f"{'control':<13}{'severity':<10}{'pass':>5}{'fail':>6}{'not ev.':>9}{'waived':>8}"
    yield from map(_line, asked)
    yield from _findings(report)
    yield from _absent(report, width)
    yield ""
    yield _summary(report)


def _line(row: Row) -> str:
    numbers = [row.counts.get(one, 0) or "·" for one in _COUNTED]
    text = f"{row.control.id:<13}{row.control.severity:<10}"
    text += "".join(f"{number:>{wide}}" for number, wide in zip(numbers, (5, 6, 9, 8), strict=True))
    return typer.style(f"{text}  {row.control.title}", fg=_COLOURS.get(row.result))


def _findings(report: Report) -> Iterator[str]:
    """Yield the findings of each result, those of one control together."""
    for result in (Result.FAIL, Result.WAIVED, Result.NOT_EVALUATED):
        found = report.with_result(result)
        if found:
            yield ""
            yield typer.style(f"{result.value} ({len(found)})", bold=True)
        for id_, group in groupby(found, key=lambda one: one.control):
            control = controls()[id_]
            head = typer.style(f"  {id_} [{control.severity}]", fg=_COLOURS[result])
            yield f"{head} {control.title}"
            for one in group:
                kind, name = one.urn.split("::")[-2:]
                yield f"    {name} ({kind.rpartition('$')[2]}): {one.message}"
                if one.waiver is not None:
                    until = one.waiver.expires.isoformat()
                    yield f"      until {until}, {one.waiver.owner}: {one.waiver.reason}"
            if result is Result.FAIL:
                yield f"    fix: {control.remediation}"


def _absent(report: Report, width: int) -> Iterator[str]:
    for result in (Result.NOT_APPLICABLE, Result.NOT_IMPLEMENTED):
        ids = [row.control.id for row in report.rows if row.result is result]
        if ids:
            yield ""
            yield f"{result.value} ({len(ids)})"
            for _, group in groupby(ids, key=lambda id_: id_.partition("-")[0]):
                yield textwrap.fill(
                    " ".join(group), width, initial_indent="  ", subsequent_indent="    ",
                    break_on_hyphens=False,
                )  # fmt: skip


def _summary(report: Report) -> str:
    shown = (f"{count} {result.value}" for result, count in report.totals.items() if count)
    waived = len(report.with_result(Result.WAIVED))
    note = f"; {waived} findings waived" if waived else ""
    return f"{len(report.rows)} controls: {', '.join(shown)}{note}"
