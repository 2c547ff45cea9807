"""The service accounts of a stack's cluster with every role that is bound to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead_policies.preflight import kubernetes
from fairlead_policies.preflight.decision import Decision, Grant
from fairlead_policies.preflight.evaluator import Call, Principal
from fairlead_policies.preflight.kubernetes import Access, Binding, Request, Role
from fairlead_policies.preflight.wildcards import matches
from fairlead_policies.resource import UNKNOWN, Resource, Unknown, lookup
from fairlead_policies.stack import Stack

_RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"


class KubernetesStack:
    """Answer for a cluster; see ``Evaluator``.

    Args:
        stack: The stack's resources.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        roles = [_role(one) for one in stack.of(f"{_RBAC}:Role", f"{_RBAC}:ClusterRole")]
        bound = stack.of(f"{_RBAC}:RoleBinding", f"{_RBAC}:ClusterRoleBinding")
        self._access = Access(roles, [_binding(one) for one in bound])

    def principal(self, reference: str, contract: Mapping[str, Any]) -> Principal | None:
        """Return the service account that a reference names in the contract's namespace."""
        namespace = contract.get("namespace")
        for one in self._stack.of(ACCOUNT):
            where = one.get("metadata.namespace") or "default"
            if one.get("metadata.name") == reference and where == namespace:
                return Principal(f"{kubernetes.ACCOUNT}{namespace}:{reference}", one.urn)
        return None

    def decide(self, principal: Principal, one: Call) -> Decision:
        """Return whether a call is allowed."""
        what, _, verb = one.action.rpartition(":")
        full, _, part = what.partition("/")
        kind, _, group = full.partition(".")
        namespace, _, name = one.resource.partition("/")
        resource = f"{kind}/{part}" if part else kind
        request = Request(principal.name, verb, group, resource, namespace, name)
        return kubernetes.decide(request, self._access)

    def grants(self, principal: Principal) -> Sequence[Grant]:
        """Return what roles give to the service account."""
        return list(kubernetes.grants(principal.name, self._access))

    def exercises(self, one: Call, grant: Grant) -> bool:
        """Return whether a call makes use of a grant."""
        if not matches(grant.action, one.action):
            return False
        namespace, _, name = one.resource.partition("/")
        where, _, only = grant.resource.partition("/")
        return where in {"*", namespace} and (not only or only == name)

    def exceeds(self, calls: Sequence[Call], grant: Grant) -> bool:
        """Return whether a grant reaches beyond the namespaces that calls of its action reach."""
        reached = {one.resource.partition("/")[0] for one in calls}
        return grant.resource.partition("/")[0] not in reached

    def trusts(self, principal: Principal, one: Call) -> None:
        """Answer nothing: whoever may make pods may run them as any account of the namespace."""
        del principal, one


def _text(value: Any, otherwise: str = "") -> str | Unknown:
    if isinstance(value, Unknown):
        return value
    return otherwise if value is None else str(value)


def _role(one: Resource) -> Role:
    whole = one.type.endswith(":ClusterRole")
    labels = one.get("metadata.labels")
    return Role(
        name=str(one.get("metadata.name") or one.name),
        rules=one.get("rules") or (),
        namespace="" if whole else _text(one.get("metadata.namespace"), "default"),
        labels=labels if isinstance(labels, Mapping) else {},
        selectors=tuple(
            each for each in one.each("aggregationRule.clusterRoleSelectors")
            if isinstance(each, Mapping)
        ),
    )  # fmt: skip


def _binding(one: Resource) -> Binding:
    kind, name = one.get("roleRef.kind"), one.get("roleRef.name")
    whole = one.type.endswith(":ClusterRoleBinding")
    role = (kind, name) if isinstance(kind, str) and isinstance(name, str) else UNKNOWN
    namespace = None if whole else _text(one.get("metadata.namespace"), "default")
    subjects = one.get("subjects")
    if not whole and isinstance(subjects, list):
        subjects = [_placed(subject, namespace) for subject in subjects]
    return Binding(role, subjects, namespace)


def _placed(subject: Any, namespace: Any) -> Any:
    """Return a subject with its namespace."""
    placed = isinstance(subject, Mapping) and lookup(subject, "namespace") is None
    return {**subject, "namespace": namespace} if placed else subject
