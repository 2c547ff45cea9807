"""The matrix: what became of every control, and how many resources each result is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from fairlead_policies.catalog import SEVERITIES, Control, controls
from fairlead_policies.inventory import Inventory
from fairlead_policies.results import Finding, Result
from fairlead_policies.settings import Settings

#: A control is what the worst of its resources is.
_WORST = (Result.FAIL, Result.NOT_EVALUATED, Result.WAIVED, Result.PASS)


@dataclass(frozen=True, slots=True)
class Row:
    """Say what became of one control.

    Attributes:
        control: The control.
        result: The worst of its resources', or why there is none.
        counts: How many resources had each result.
    """

    control: Control
    result: Result
    counts: Mapping[Result, int]


@dataclass(frozen=True)
class Report:
    """Hold everything a report is written from.

    Attributes:
        inventory: What was looked at.
        settings: How strictly.
        findings: What came of it, after waivers.
        time: When, in UTC; given from outside, so that equal inputs give equal reports.
        version: The pack's.
        waiver_problems: What is wrong with waivers.
        remarks: What else is worth knowing.
    """

    inventory: Inventory
    settings: Settings
    findings: Sequence[Finding]
    time: datetime
    version: str
    waiver_problems: Sequence[str] = ()
    remarks: Sequence[str] = field(default=())

    @property
    def title(self) -> str:
        """What was looked at, in a few words."""
        where = self.inventory
        return f"{where.project} {where.stack}".strip() or where.source

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The matrix: a row for every control, whether there is a resource or a rule or neither."""
        counted: dict[str, Counter[Result]] = {}
        for one in self.findings:
            counted.setdefault(one.control, Counter())[one.result] += 1
        return tuple(_row(one, counted.get(one.id, Counter())) for one in controls().values())

    @cached_property
    def totals(self) -> Mapping[Result, int]:
        """How many controls had each result."""
        counts = Counter(row.result for row in self.rows)
        return {result: counts[result] for result in Result}

    def with_result(self, *results: Result) -> list[Finding]:
        """Return the findings with some results, the most severe first."""
        found = [one for one in self.findings if one.result in results]
        return sorted(found, key=lambda one: (-severity_of(one), one.control, one.urn))

    def fails(self, threshold: str) -> bool:
        """Tell whether anything at least as severe as a threshold fails.

        Args:
            threshold: One of ``SEVERITIES``.
        """
        least = SEVERITIES.index(threshold)
        return any(one.result is Result.FAIL and severity_of(one) >= least for one in self.findings)


def severity_of(finding: Finding) -> int:
    """Return the rank of a finding's severity, 0 for low."""
    return SEVERITIES.index(controls()[finding.control].severity)


def _row(control: Control, counts: Counter[Result]) -> Row:
    if not control.implemented:
        return Row(control, Result.NOT_IMPLEMENTED, counts)
    result = next((one for one in _WORST if counts[one]), Result.NOT_APPLICABLE)
    return Row(control, result, counts)
