"""What an evaluator answers, whichever cloud it speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fairlead_policies.preflight.ternary import Truth


class Outcome(StrEnum):
    """Name what a permission system says of a call."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Decision:
    """Say whether a call is allowed, and why not.

    Attributes:
        outcome: The answer.
        reason: Why, where it is not allowed; names policies, never their values.
    """

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Name something that is allowed.

    Attributes:
        action: The action, or a pattern of actions.
        resource: What it is allowed on, or a pattern.
        source: Which policy or role allows it.
    """

    action: str
    resource: str
    source: str


def decided(allowed: Truth, missing: str, open_: str = "") -> Decision:
    """Return the decision that a truth amounts to.

    Args:
        allowed: Whether the call is allowed.
        missing: Why, where it is not.
        open_: Why, where that is not known.

    Example:
        >>> decided(None, "no role").outcome.value
        'unknown'
    """
    if allowed is True:
        return Decision(Outcome.ALLOWED)
    if allowed is False:
        return Decision(Outcome.DENIED, missing)
    return Decision(Outcome.UNKNOWN, open_ or "depends on values that are not known yet")
