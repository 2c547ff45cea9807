"""Preflight's result for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead_policies.preflight.comparison import Preflight
from fairlead_policies.preflight.decision import Outcome
from fairlead_policies.preflight.findings import place

if TYPE_CHECKING:
    from rich.table import Table


def table(result: Preflight) -> Table:
    """Return a table with a line for each identity in each cloud.

    Args:
        result: What preflight found.

    Example:
        >>> [column.header for column in table(Preflight((), {})).columns][:3]
        ['identity', 'cloud', 'calls']
    """
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("identity", "cloud", "calls", "lacks", "open", "never used", "too wide"):
        drawn.add_column(header, justify="left" if header in {"identity", "cloud"} else "right")
    for one in result.identities:
        if one.problem:
            drawn.add_row(one.name, one.cloud or "-", one.problem)
            continue
        lacks = len(one.with_outcome(Outcome.DENIED))
        drawn.add_row(
            one.name,
            one.cloud,
            str(len(one.checked)),
            _mark(lacks),
            str(len(one.with_outcome(Outcome.UNKNOWN)) or "-"),
            _mark(len(one.unused)),
            _mark(len(one.wide)),
        )
    return drawn


def _mark(count: int) -> str:
    return f"✗ {count}" if count else "✓"


def details(result: Preflight) -> list[str]:
    """Return a line for each thing that is not as it should be, identity by identity.

    Args:
        result: What preflight found.

    Example:
        >>> details(Preflight((), {"schedule": "Cron does not declare its permissions"}))
        ['schedule: Cron does not declare its permissions']
    """
    lines: list[str] = []
    for one in result.identities:
        for checked in one.checked:
            if checked.decision.outcome is not Outcome.ALLOWED:
                said = "lacks" if checked.decision.outcome is Outcome.DENIED else "may lack"
                where = f"{checked.action} on {place(checked.resource)}"
                lines.append(f"{one.name} {said} {where}: {checked.decision.reason}")
        lines += [f"{one.name} never uses {grant.action} ({grant.source})" for grant in one.unused]
        lines += [
            f"{one.name} has {grant.action} on {place(grant.resource)} wider than used"
            for grant in one.wide
        ]
        lines += [
            f"{one.name} hands on {passed.resource}: {passed.decision.reason}"
            for passed in one.passed
            if passed.decision.outcome is not Outcome.ALLOWED
        ]
    lines += [f"{name}: {reason}" for name, reason in result.silent.items()]
    return list(dict.fromkeys(lines))
