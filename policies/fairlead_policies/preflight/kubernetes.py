"""Decide as Kubernetes' RBAC does whether a service account may make a call: roles only add.

Source:
    https://kubernetes.io/docs/reference/access-authn-authz/rbac/
    https://kubernetes.io/docs/reference/access-authn-authz/authorization/#review-your-request-attributes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead_policies.preflight.decision import Decision, Grant, decided
from fairlead_policies.preflight.ternary import Truth, every, some
from fairlead_policies.resource import UNKNOWN, Unknown, each

ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Request:
    """Describe one call.

    Attributes:
        user: ``system:serviceaccount:<namespace>:<name>``.
        verb: ``get``, ``create``, …
        group: The API group, empty for the core one.
        resource: The resource, with its subresource: ``pods``, ``pods/log``.
        namespace: Where; empty for what belongs to no namespace.
        name: Which one; empty for lists, and for what does not exist yet.
        path: A path that is no resource, such as ``/healthz``; then the rest is left out.
    """

    user: str
    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """Name what a Role or ClusterRole allows.

    Attributes:
        name: Its name.
        rules: Its rules, as Kubernetes has them; or not known.
        namespace: Its namespace, empty for a ClusterRole.
        labels: Its labels, by which others aggregate it.
        selectors: The label selectors of a ClusterRole that aggregates; its own rules do not count.
    """

    name: str
    rules: Any = ()
    namespace: str | Unknown = ""
    labels: Mapping[str, Any] = field(default_factory=dict)
    selectors: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Give a role to subjects.

    Attributes:
        role: The kind and name of the role, or not known.
        subjects: As Kubernetes has them.
        namespace: Where it counts; None: everywhere (a ClusterRoleBinding).
    """

    role: tuple[str, str] | Unknown
    subjects: Any
    namespace: str | Unknown | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """Hold all roles and bindings of a cluster that are known."""

    roles: Sequence[Role] = ()
    bindings: Sequence[Binding] = ()

    def rules(self, binding: Binding) -> Any:
        """Return the rules that a binding gives; UNKNOWN for a role that is not ours."""
        if isinstance(binding.role, Unknown):
            return UNKNOWN
        kind, name = binding.role
        where = "" if kind == "ClusterRole" else binding.namespace
        for role in self.roles:
            if role.name == name and role.namespace == where:
                return self._aggregated(role) if role.selectors else role.rules
        return UNKNOWN

    def _aggregated(self, role: Role) -> Any:
        chosen = [
            other.rules
            for other in self.roles
            if other.namespace == "" and any(_chosen(one, other) for one in role.selectors)
        ]
        if any(rules is UNKNOWN for rules in chosen):
            return [*(rule for rules in chosen if rules is not UNKNOWN for rule in rules), UNKNOWN]
        return [rule for rules in chosen for rule in rules]


def _chosen(selector: Mapping[str, Any], role: Role) -> bool:
    wanted = selector.get("matchLabels") or {}
    return bool(wanted) and all(role.labels.get(key) == value for key, value in wanted.items())


def decide(request: Request, access: Access) -> Decision:
    """Return whether RBAC allows a call.

    Example:
        >>> role = Role("runner", [{"apiGroups": ["batch"], "resources": ["jobs"],
        ...                         "verbs": ["create"]}], "ml")
        >>> who = {"kind": "ServiceAccount", "name": "runner", "namespace": "ml"}
        >>> access = Access([role], [Binding(("Role", "runner"), [who], "ml")])
        >>> call = Request("system:serviceaccount:ml:runner", "create", "batch", "jobs", "ml")
        >>> decide(call, access).outcome.value
        'allowed'
    """
    granted = some(
        every(
            (
                _counts(binding, request),
                some(_is_subject(one, request.user) for one in _listed(binding.subjects)),
                some(allows(rule, request) for rule in _listed(access.rules(binding))),
            )
        )
        for binding in access.bindings
    )
    return decided(granted, "no role bound to it allows it")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple) else each(value)


def _counts(binding: Binding, request: Request) -> Truth:
    if binding.namespace is None:
        return True
    if request.path or not request.namespace:
        return False  # only a ClusterRoleBinding reaches what is in no namespace
    return (
        None if isinstance(binding.namespace, Unknown) else binding.namespace == request.namespace
    )


def _is_subject(one: Any, user: str) -> Truth:
    if not isinstance(one, Mapping) or UNKNOWN in (one.get("name"), one.get("kind")):
        return None
    kind, name = one.get("kind"), str(one.get("name"))
    if kind == "ServiceAccount":
        namespace = one.get("namespace")
        if namespace is UNKNOWN:
            return None if user.endswith(f":{name}") else False
        return user == f"{ACCOUNT}{namespace}:{name}"
    if kind == "User":
        return user == name
    groups = {"system:authenticated"}
    if user.startswith(ACCOUNT):
        namespace = user.removeprefix(ACCOUNT).partition(":")[0]
        groups |= {"system:serviceaccounts", f"system:serviceaccounts:{namespace}"}
    return name in groups


def allows(rule: Any, request: Request) -> Truth:
    """Return whether a rule of a role allows a call.

    Args:
        rule: The rule, as Kubernetes has it.
        request: The call.

    Example:
        >>> read = {"apiGroups": [""], "resources": ["*/log"], "verbs": ["get"]}
        >>> allows(read, Request("u", "get", "", "pods/log", "ml"))
        True
    """
    if not isinstance(rule, Mapping):
        return None
    verb = _has(rule.get("verbs"), request.verb)
    if request.path:
        return every((verb, some(_is_path(one, request.path) for one in each(_plain(rule)))))
    names = each(rule.get("resourceNames"))
    # What has no name yet, and lists, are not of any name.
    named = some(None if one is UNKNOWN else one == request.name for one in names)
    subresource = request.resource.partition("/")[2]
    resource = _has(rule.get("resources"), request.resource)
    if subresource:
        resource = some((resource, _has(rule.get("resources"), f"*/{subresource}", exact=True)))
    group = _has(rule.get("apiGroups"), request.group)
    return every((verb, group, resource, named if names else True))


def _plain(rule: Mapping[str, Any]) -> Any:
    return rule.get("nonResourceURLs", rule.get("nonResourceUrls"))  # Pulumi's and the API's name


def _has(values: Any, wanted: str, *, exact: bool = False) -> Truth:
    return some(
        None if one is UNKNOWN else (one == wanted or (one == "*" and not exact))
        for one in each(values)
    )


def _is_path(one: Any, path: str) -> Truth:
    if one is UNKNOWN:
        return None
    return bool(path.startswith(one[:-1]) if one.endswith("*") else one == path)


def grants(user: str, access: Access) -> Iterator[Grant]:
    """Yield what roles give to a service account, as ``resource.group:verb`` on a namespace.

    Args:
        user: Who.
        access: All roles and bindings.
    """
    for binding in access.bindings:
        if some(_is_subject(one, user) for one in _listed(binding.subjects)) is not True:
            continue
        role = "a role" if isinstance(binding.role, Unknown) else binding.role[1]
        where = "*" if not isinstance(binding.namespace, str) else binding.namespace
        for rule in _listed(access.rules(binding)):
            if not isinstance(rule, Mapping):
                continue
            for name in _actions(rule):
                for one in each(rule.get("resourceNames")) or [""]:
                    yield Grant(name, f"{where}/{one}" if one else where, role)


def action(group: Any, resource: Any, verb: Any) -> str:
    """Return what a call is called: ``pods/log:get``, ``jobs.batch:create``.

    Example:
        >>> action("batch", "jobs/status", "update")
        'jobs.batch/status:update'
    """
    name, found, part = str(resource).partition("/")
    return f"{name}{f'.{group}' if group else ''}{found}{part}:{verb}"


def _actions(rule: Mapping[str, Any]) -> Iterator[str]:
    for verb in each(rule.get("verbs")):
        for path in each(_plain(rule)):
            yield f"{path}:{verb}"
        for group in each(rule.get("apiGroups")):
            for resource in each(rule.get("resources")):
                yield action(group, resource, verb)
