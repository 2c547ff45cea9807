"""Preflight's results as findings, in the shape of every other control's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairlead_policies.preflight.comparison import Checked, Identity, Preflight
from fairlead_policies.preflight.decision import Grant, Outcome
from fairlead_policies.results import Finding, Problems, Undecided, Violation, judge

#: Every identity may make each call that the stack's adapters make as it.
SUFFICIENT: Final = "PRE-IAM-01"
#: No identity may do what no adapter does as it.
LEAST: Final = "PRE-IAM-02"
#: Whoever hands an identity on may do so, and what is started may take it.
PASSED: Final = "PRE-IAM-03"

_SHOWN = 12


def findings(result: Preflight, stack_urn: str) -> list[Finding]:
    """Return a finding for each identity and control.

    Args:
        result: What preflight found.
        stack_urn: What a finding is of where an identity is no resource of the stack.

    Example:
        >>> open_ = Preflight((Identity("step", problem="it is not known"),), {})
        >>> findings(open_, "urn:s")[0].result
        <Result.NOT_EVALUATED: 'not evaluated'>
    """
    found = []
    for identity in result.identities:
        urn = identity.urn or stack_urn
        for control, problems in (
            (SUFFICIENT, _lacking(identity, result)),
            (LEAST, _idle(identity, result)),
            (PASSED, _passed(identity)),
        ):
            if problems is not None:
                verdict, message = judge(problems)
                found.append(Finding(control, urn, verdict, message))
    if not result.identities and result.silent:
        reason = [Undecided(_silence(result))]
        found.append(Finding(SUFFICIENT, stack_urn, *judge(list(reason))))
    return found


def _lacking(identity: Identity, result: Preflight) -> Problems:
    if identity.problem:
        return [Undecided(f"{identity.name}: {identity.problem}")]
    denied = identity.with_outcome(Outcome.DENIED)
    open_ = identity.with_outcome(Outcome.UNKNOWN)
    problems: Problems = []
    if denied:
        problems.append(Violation(f"{identity.name} lacks {_listed(_calls(denied))}"))
    if open_:
        problems.append(
            Undecided(f"{identity.name}: {open_[0].decision.reason}: {_listed(_calls(open_))}")
        )
    if result.silent:  # what they call is not among what was checked
        problems.append(Undecided(f"{identity.name}: {_silence(result)}"))
    return problems


def _idle(identity: Identity, result: Preflight) -> Problems | None:
    if identity.problem:
        return None
    if result.silent and (identity.unused or identity.wide):
        return [Undecided(f"{identity.name}: {_silence(result)}")]
    problems: Problems = []
    if identity.unused:
        problems.append(
            Violation(f"{identity.name} never uses {_listed(_granted(identity.unused))}")
        )
    if identity.wide:
        problems.append(
            Violation(f"{identity.name} has wider than it uses {_listed(_granted(identity.wide))}")
        )
    return problems


def _passed(identity: Identity) -> Problems | None:
    if not identity.passed:
        return None
    problems: Problems = []
    for one in identity.passed:
        text = f"{identity.name} hands on {one.resource} by {one.action}: {one.decision.reason}"
        if one.decision.outcome is Outcome.DENIED:
            problems.append(Violation(text))
        elif one.decision.outcome is Outcome.UNKNOWN:
            problems.append(Undecided(text))
    return problems


def _silence(result: Preflight) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in result.silent.items())


def _calls(checked: Sequence[Checked]) -> list[str]:
    return [f"{one.action} on {place(one.resource)}" for one in checked]


def _granted(grants: Sequence[Grant]) -> list[str]:
    return [f"{one.action} on {place(one.resource)} ({one.source})" for one in grants]


def place(resource: str) -> str:
    """Return the part of a resource's name that tells it from others, for people.

    Example:
        >>> place("arn:aws:s3:::acme-ml/runs/*"), place("projects/_/buckets/acme-ml")
        ('runs/*', 'acme-ml')
        >>> place("arn:aws:kms:eu-central-1:111122223333:key/7")
        'key/7'
    """
    if resource.startswith("arn:"):
        name = resource.split(":", 5)[-1]
        return name.partition("/")[2] or name if ":s3:" in resource else name
    for mark in ("/objects/", "/blobs/"):
        if mark in resource:
            return resource.partition(mark)[2]
    return resource.rpartition("/")[2] or resource


def _listed(texts: Sequence[str]) -> str:
    unique = list(dict.fromkeys(texts))
    more = len(unique) - _SHOWN
    return ", ".join(unique[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
