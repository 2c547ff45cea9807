"""What a rule says of a resource, and what the evaluation makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead_policies.waivers import Waiver


class Result(StrEnum):
    """Name what came of one control on one resource."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_EVALUATED = "not evaluated"
    WAIVED = "waived"
    NOT_APPLICABLE = "not applicable"
    NOT_IMPLEMENTED = "not implemented"


@dataclass(frozen=True, slots=True)
class Violation:
    """Say what is wrong; the text names properties and never holds a property's value."""

    message: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Say what would have to be known."""

    reason: str


Problem = Violation | Undecided

#: No problem at all is a pass; None says that the control does not apply to the resource.
Problems = list[Problem]


@dataclass(frozen=True, slots=True)
class Finding:
    """Record the result of one control on one resource.

    Attributes:
        control: The control's id.
        urn: The resource's.
        result: What came of it.
        message: Why, where it is not a pass.
        waiver: What covers a failure, where something does.
    """

    control: str
    urn: str
    result: Result
    message: str = ""
    waiver: Waiver | None = None


def judge(problems: Problems) -> tuple[Result, str]:
    """Return the result of a rule's problems: any violation fails, else any unknown defers.

    Example:
        >>> judge([Undecided("`key` is not known yet"), Violation("`tls` must be true")])
        (<Result.FAIL: 'fail'>, '`tls` must be true')
    """
    violations = [one.message for one in problems if isinstance(one, Violation)]
    if violations:
        return Result.FAIL, "; ".join(dict.fromkeys(violations))
    undecided = [one.reason for one in problems if isinstance(one, Undecided)]
    if undecided:
        return Result.NOT_EVALUATED, "; ".join(dict.fromkeys(undecided))
    return Result.PASS, ""
