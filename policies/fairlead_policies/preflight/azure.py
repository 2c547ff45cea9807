"""Decide as Azure does whether an identity may act on a resource.

A role gives its actions less its not-actions; assignments add up, so that what one role leaves out
another may give; deny assignments win. Actions manage resources, data actions touch what is in
them; neither implies the other.

Source:
    https://learn.microsoft.com/azure/role-based-access-control/role-definitions
    https://learn.microsoft.com/azure/role-based-access-control/overview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead_policies.preflight.azure_conditions import holds
from fairlead_policies.preflight.decision import Decision, Grant, Outcome, decided
from fairlead_policies.preflight.ternary import Truth, every, no, some
from fairlead_policies.preflight.wildcards import matches
from fairlead_policies.resource import Unknown

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"

#: Calls that either of two actions suffices for: a new blob may be put by whoever may write any.
_ALSO = {f"{_BLOBS}/add/action".lower(): f"{_BLOBS}/write".lower()}


@dataclass(frozen=True, slots=True)
class Role:
    """Name what a role allows; patterns may hold `*`, and case does not matter.

    Attributes:
        name: What Azure calls it.
        actions: What it may do to resources.
        not_actions: What of that it may not.
        data_actions: What it may do to what is in them.
        not_data_actions: What of that it may not.
    """

    name: str
    actions: tuple[Any, ...] = ()
    not_actions: tuple[Any, ...] = ()
    data_actions: tuple[Any, ...] = ()
    not_data_actions: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Describe one call.

    Attributes:
        principal: Who calls, however the caller of this module names identities.
        action: The action.
        resource: The resource's id, or the end of one from a type on:
            ``storageAccounts/acme/blobServices/default/containers/ml``.
        data: Whether it is a data action.
        suboperation: Which of the action's operations it is, such as ``Blob.List``.
        attributes: What conditions may ask for, such as ``@Resource[…:path]``.
    """

    principal: str
    action: str
    resource: str
    data: bool = False
    suboperation: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Give a role to a principal on a scope and all below it.

    Attributes:
        principal: Who, or not known.
        role: What, or not known.
        scope: A resource's id; or its end from a type on; or not known.
        condition: A condition, empty where there is none.
        deny: Whether it is a deny assignment.
    """

    principal: str | Unknown
    role: Role | Unknown
    scope: str | Unknown
    condition: str | Unknown = ""
    deny: bool = False


def decide(request: Request, assignments: Sequence[Assignment]) -> Decision:
    """Return whether Azure allows a call.

    Example:
        >>> pull = Role("AcrPull", actions=("Microsoft.ContainerRegistry/registries/pull/read",))
        >>> where = "registries/acme"
        >>> call = Request("step", "Microsoft.ContainerRegistry/registries/pull/read", where)
        >>> decide(call, [Assignment("step", pull, where)]).outcome.value
        'allowed'
    """
    wanted = request.action.lower()
    # Each action that suffices is asked for by itself: conditions tell actions apart.
    actions = dict.fromkeys((wanted, _ALSO.get(wanted, wanted)))
    ways = [replace(request, action=one) for one in actions]
    denials = [some(_applies(one, way) for one in assignments if one.deny) for way in ways]
    if all(denied is True for denied in denials):
        return Decision(Outcome.DENIED, "a deny assignment denies it")
    allowed = some(
        every((some(_applies(one, way) for one in assignments if not one.deny), no(denied)))
        for way, denied in zip(ways, denials, strict=True)
    )
    return decided(allowed, "no assigned role allows it there")


def _applies(one: Assignment, request: Request) -> Truth:
    mine = None if isinstance(one.principal, Unknown) else one.principal == request.principal
    has = None if isinstance(one.role, Unknown) else _has(one.role, request)
    return every((mine, below(one.scope, request.resource), has, _met(one, request)))


def _has(role: Role, request: Request) -> Truth:
    given, taken = (
        (role.data_actions, role.not_data_actions)
        if request.data
        else (role.actions, role.not_actions)
    )
    wanted = request.action.lower()
    return every((_selects(given, wanted), no(_selects(taken, wanted))))


def _selects(patterns: Sequence[Any], action: str) -> Truth:
    return some(
        None if isinstance(one, Unknown) else matches(one.lower(), action) for one in patterns
    )


def _met(one: Assignment, request: Request) -> Truth:
    if isinstance(one.condition, Unknown):
        return None
    if not one.condition:
        return True
    attributes = {name.lower(): value for name, value in request.attributes.items()}
    return holds(one.condition, request.action, request.suboperation, attributes)


def below(scope: str | Unknown, resource: str) -> Truth:
    """Return whether a resource lies in a scope; None where its group or subscription is not known.

    Args:
        scope: An id, or the end of one from a type on.
        resource: The same.

    Example:
        >>> group, account = "/subscriptions/1/resourceGroups/ml", "storageAccounts/acme"
        >>> below(f"{group}/providers/Microsoft.Storage/{account}", f"{account}/fileServices/x")
        True
        >>> below(group, account), below("storageAccounts/other", account)
        (None, False)
    """
    if isinstance(scope, Unknown):
        return None
    if scope == "/":
        return True
    if "managementgroups/" in scope.lower():
        return None  # which subscriptions it holds is written elsewhere
    here, there = _parts(resource), _parts(scope)
    if not here[0] or not there[0]:  # one is an end only: what it leaves out cannot be compared
        if not there[1]:
            return None
        return here[1][: len(there[1])] == there[1]
    whole = [*here[0], *here[1]]
    return whole[: len(there[0] + there[1])] == [*there[0], *there[1]]


def _parts(identifier: str) -> tuple[list[str], list[str]]:
    """Return what an id says of where a resource lies, and of the resource from its type on."""
    text = identifier.lower().strip("/")
    where, found, what = text.partition("/providers/")
    if found:
        return where.split("/"), what.split("/")[1:]  # without the name of the provider
    if identifier.startswith("/"):
        return text.split("/"), []
    return [], text.split("/")


def grants(principal: str, assignments: Sequence[Assignment]) -> Iterator[Grant]:
    """Yield what roles give to a principal: each action on each scope, data actions too.

    Args:
        principal: Who.
        assignments: All assignments.
    """
    for one in assignments:
        if one.deny or one.principal != principal or isinstance(one.role, Unknown):
            continue
        scope = one.scope if isinstance(one.scope, str) else "*"
        for action in (*one.role.actions, *one.role.data_actions):
            if isinstance(action, str):
                yield Grant(action, scope, one.role.name)
