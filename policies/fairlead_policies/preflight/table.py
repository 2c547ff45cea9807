"""Preflight's result for the terminal."""

from __future__ import annotations

from fairlead_policies.preflight.comparison import Identity, Preflight
from fairlead_policies.preflight.decision import Outcome
from fairlead_policies.preflight.findings import place

_HEADERS = ("identity", "cloud", "calls", "lacks", "open", "never used", "too wide")


def table(result: Preflight) -> list[str]:
    """Return the lines of a table with a row for each identity in each cloud.

    Args:
        result: What preflight found.

    Example:
        >>> for line in table(Preflight((Identity("step", "aws"),), {})):
        ...     print(line)
        identity  cloud  calls  lacks  open  never used  too wide
        step      aws        0      0     0           0         0
    """
    rows = [_HEADERS, *(_row(one) for one in result.identities)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADERS))]
    lines = []
    for row, one in zip(rows, (None, *result.identities), strict=True):
        cells = [
            text.ljust(width) if at <= 1 else text.rjust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        open_ = one is not None and one.problem
        lines.append("  ".join([*cells[:2], one.problem] if open_ and one else cells).rstrip())
    return lines


def _row(one: Identity) -> tuple[str, ...]:
    numbers = (
        len(one.checked),
        len(one.with_outcome(Outcome.DENIED)),
        len(one.with_outcome(Outcome.UNKNOWN)),
        len(one.unused),
        len(one.wide),
    )
    return one.name, one.cloud, *map(str, numbers)


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
