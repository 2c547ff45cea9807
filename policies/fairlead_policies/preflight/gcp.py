"""Decide as Google Cloud does whether a service account has a permission on a resource.

Deny policies first; then any binding of a role that has the permission, on the resource or on what
holds it, whose members include the account and whose condition is met.

Source:
    https://cloud.google.com/iam/docs/policy-types
    https://cloud.google.com/iam/docs/deny-overview
    https://cloud.google.com/iam/docs/conditions-overview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead_policies.preflight.decision import Decision, Grant, Outcome, decided
from fairlead_policies.preflight.gcp_conditions import holds
from fairlead_policies.preflight.gcp_roles import PREDEFINED
from fairlead_policies.preflight.ternary import Truth, every, no, some
from fairlead_policies.preflight.wildcards import matches
from fairlead_policies.resource import UNKNOWN, Unknown

_BUCKET = "projects/_/buckets/"


@dataclass(frozen=True, slots=True)
class Request:
    """Describe one call.

    Attributes:
        member: Who calls: ``serviceAccount:…``.
        permission: ``service.type.verb``.
        resource: The resource's name, as conditions see it.
        project: The project that holds the resource; empty where not known.
        attributes: Other attributes that conditions may ask for.
    """

    member: str
    permission: str
    resource: str
    project: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def known(self) -> dict[str, str]:
        """Return the attributes of a condition that are known."""
        service = self.permission.partition(".")[0]
        found = {
            "resource.name": self.resource,
            "resource.service": f"{service}.googleapis.com",
            **self.attributes,
        }
        if self.resource.startswith(_BUCKET):
            kind = "Object" if "/objects/" in self.resource else "Bucket"
            found["resource.type"] = f"storage.googleapis.com/{kind}"
        return found


@dataclass(frozen=True, slots=True)
class Binding:
    """Grant a role to members on a scope and all that it holds.

    Attributes:
        scope: A resource's name, ``projects/…`` for a whole project, or not known.
        role: The role's name, or not known.
        members: Who has it.
        condition: CEL, empty where there is none.
        source: What to call it in a report.
    """

    scope: str | Unknown
    role: str | Unknown
    members: tuple[Any, ...]
    condition: str | Unknown = ""
    source: str = "a binding"


@dataclass(frozen=True, slots=True)
class DenyRule:
    """Deny permissions to principals, whatever else grants them.

    Attributes:
        scope: Where it is attached: ``projects/…``.
        principals: Whom it denies.
        exceptions: Whom it spares.
        permissions: What it denies: ``service.googleapis.com/type.verb``, `*` in parts.
        spared: Permissions that it spares.
        condition: CEL, empty where there is none.
    """

    scope: str | Unknown
    principals: tuple[Any, ...]
    permissions: tuple[Any, ...]
    exceptions: tuple[Any, ...] = ()
    spared: tuple[Any, ...] = ()
    condition: str | Unknown = ""


@dataclass(frozen=True, slots=True)
class Bindings:
    """Hold all that grants and denies.

    Attributes:
        bindings: What grants.
        denies: What denies.
        roles: Permissions by name of a custom role; a role's or one permission may be not known.
    """

    bindings: Sequence[Binding] = ()
    denies: Sequence[DenyRule] = ()
    roles: Mapping[str, Any] = field(default_factory=dict)

    def permissions(self, role: str | Unknown) -> Sequence[Any] | Unknown:
        """Return the permissions of a role; UNKNOWN for one that neither we nor the stack knows."""
        if isinstance(role, Unknown):
            return UNKNOWN
        found: Sequence[Any] | Unknown = self.roles.get(role, PREDEFINED.get(role, UNKNOWN))
        return found


def decide(request: Request, bindings: Bindings) -> Decision:
    """Return whether Google Cloud allows a call.

    Example:
        >>> me = "serviceAccount:step@acme.iam.gserviceaccount.com"
        >>> read = Binding("projects/_/buckets/ml", "roles/storage.objectViewer", (me,))
        >>> call = Request(me, "storage.objects.get", "projects/_/buckets/ml/objects/runs/1")
        >>> decide(call, Bindings([read])).outcome.value
        'allowed'
    """
    denied = some(_denies(rule, request) for rule in bindings.denies)
    if denied is True:
        return Decision(Outcome.DENIED, "a deny policy denies it")
    granted = some(_grants(binding, request, bindings) for binding in bindings.bindings)
    return decided(every((granted, no(denied))), "no binding grants a role that has it")


def _grants(binding: Binding, request: Request, bindings: Bindings) -> Truth:
    permissions = bindings.permissions(binding.role)
    has: Truth = None
    if not isinstance(permissions, Unknown):
        has = some(None if one is UNKNOWN else one == request.permission for one in permissions)
    member = some(_is_member(one, request.member) for one in binding.members)
    return every((member, _holds_resource(binding.scope, request), has, _met(binding, request)))


def _met(rule: Binding | DenyRule, request: Request) -> Truth:
    if isinstance(rule.condition, Unknown):
        return None
    return holds(rule.condition, request.known()) if rule.condition else True


def _holds_resource(scope: str | Unknown, request: Request) -> Truth:
    if isinstance(scope, Unknown) or scope.startswith(("organizations/", "folders/")):
        return None
    if scope.startswith("projects/") and scope.count("/") == 1:
        if request.project:
            return scope.removeprefix("projects/") == request.project
        own = request.resource.split("/")[1] if request.resource.startswith("projects/") else "_"
        return None if own in {"_", "-"} else own == scope.removeprefix("projects/")
    return request.resource == scope or request.resource.startswith(f"{scope}/")


def _is_member(one: Any, member: str) -> Truth:
    if isinstance(one, Unknown):
        return None
    if one in {"allUsers", "allAuthenticatedUsers", member}:
        return True
    if one.startswith(("group:", "domain:", "projectOwner:", "projectEditor:", "projectViewer:")):
        return None  # who belongs to it is written elsewhere
    return None if one.startswith("principalSet:") else False


def _denies(rule: DenyRule, request: Request) -> Truth:
    return every(
        (
            _holds_resource(rule.scope, request),
            some(_is_principal(one, request.member) for one in rule.principals),
            no(some(_is_principal(one, request.member) for one in rule.exceptions)),
            some(_is_permission(one, request.permission) for one in rule.permissions),
            no(some(_is_permission(one, request.permission) for one in rule.spared)),
            _met(rule, request),
        )
    )


def _is_principal(one: Any, member: str) -> Truth:
    if isinstance(one, Unknown):
        return None
    if one == "principalSet://goog/public:all":
        return True
    if one.startswith("principalSet:"):
        return None
    email = member.partition(":")[2]
    return bool(one.rpartition("/")[2] == email)


def _is_permission(one: Any, permission: str) -> Truth:
    if isinstance(one, Unknown):
        return None
    return matches(one.replace(".googleapis.com/", "."), permission)


def grants(member: str, bindings: Bindings) -> Iterator[Grant]:
    """Yield what bindings grant to a member: each permission on each scope.

    Args:
        member: Who.
        bindings: All that grants.
    """
    for binding in bindings.bindings:
        if member not in binding.members:
            continue
        permissions = bindings.permissions(binding.role)
        scope = binding.scope if isinstance(binding.scope, str) else "*"
        for permission in [] if isinstance(permissions, Unknown) else permissions:
            if isinstance(permission, str):
                yield Grant(permission, scope, binding.source)
