"""What preflight asks of each cloud: who somebody is, what they may do, what they were given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fairlead_policies.preflight.decision import Decision, Grant

_FIELD = re.compile(r"\{(\w+)(\*?)\}")
_REPEATED = re.compile(r"\*(?:/\*)+")


@dataclass(frozen=True, slots=True)
class Principal:
    """Name an identity as a cloud knows it.

    Attributes:
        name: An ARN, a member, a resource's urn or a user.
        urn: The resource that it is.
    """

    name: str
    urn: str


@dataclass(frozen=True, slots=True)
class Call:
    """Hold one declared permission, with a value for everything that only a run knows.

    Attributes:
        action: The action.
        resource: One resource that it will be called on.
        shape: A pattern of all resources that it will be called on.
        context: What the request carries.
        declared: How it was declared, for reports.
    """

    action: str
    resource: str
    shape: str
    context: Mapping[str, str | None]
    declared: str


def call(action: str, resource: str, context: Mapping[str, str | None], passes: str = "") -> Call:
    """Return a call for a declared permission.

    A value that nobody would write into a policy stands for each field: what allows it allows all.

    Args:
        action: The action.
        resource: The resource, with fields in braces.
        context: The context, with fields in braces.
        passes: The identity that is handed on, as the cloud knows it.

    Example:
        >>> one = call("s3:GetObject", "arn:aws:s3:::ml/runs/{date}/{run}/{rest*}", {})
        >>> one.resource, one.shape
        ('arn:aws:s3:::ml/runs/zq-date/zq-run/zq-rest/zq/0', 'arn:aws:s3:::ml/runs/*')
    """

    def filled(text: str) -> str:
        return _FIELD.sub(
            lambda found: (
                passes if found[1] == "passes" else f"zq-{found[1]}{'/zq/0' if found[2] else ''}"
            ),
            text,
        )

    return Call(
        action=action,
        resource=filled(resource),
        shape=_REPEATED.sub("*", _FIELD.sub("*", resource.replace("{passes}", passes))),
        context={key: value and filled(value) for key, value in context.items()},
        declared=resource,
    )


class Evaluator(Protocol):
    """Speak for one cloud about the resources of one stack."""

    def principal(self, reference: str, contract: Mapping[str, Any]) -> Principal | None:
        """Return who a reference of the identity contract is; None if nobody of the stack's."""
        ...

    def decide(self, principal: Principal, one: Call) -> Decision:
        """Return whether a call is allowed."""
        ...

    def grants(self, principal: Principal) -> Sequence[Grant]:
        """Return everything that is allowed, as it is written."""
        ...

    def exercises(self, one: Call, grant: Grant) -> bool:
        """Return whether a call makes use of a grant."""
        ...

    def exceeds(self, calls: Sequence[Call], grant: Grant) -> bool:
        """Return whether a grant reaches resources that no call of its action reaches."""
        ...

    def trusts(self, principal: Principal, one: Call) -> Decision | None:
        """Return whether what a call starts may be who is handed on; None: no such rule."""
        ...
