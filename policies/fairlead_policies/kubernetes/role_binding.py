"""RoleBindings and ClusterRoleBindings."""

from __future__ import annotations

from typing import Any

from fairlead_policies.conditions import require
from fairlead_policies.resource import Resource, lookup
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

CLUSTER_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
_EVERYBODY = {"system:anonymous", "system:unauthenticated", "system:authenticated"}


@rule("K8S-RBAC-01", CLUSTER_BINDING, BINDING)
def binds_no_administrator(binding: Resource, _stack: Stack) -> Problems:
    """Refuse cluster-admin everywhere, and admin and edit for the whole cluster."""
    broad = {"cluster-admin"} | ({"admin", "edit"} if binding.type == CLUSTER_BINDING else set())
    path = "roleRef.name"
    return require(
        binding.get(path),
        lambda v: v not in broad,
        path,
        f"`{path}` must not be {' or '.join(sorted(broad))}",
    )


@rule("K8S-RBAC-03", CLUSTER_BINDING, BINDING)
def binds_somebody_in_particular(binding: Resource, _stack: Stack) -> Problems:
    """Refuse subjects that stand for everybody, and default service accounts."""
    problems: Problems = []
    for index, one in enumerate(binding.each("subjects")):
        path = f"subjects[{index}].name"
        kind = lookup(one, "kind")

        def right(name: Any, kind: Any = kind) -> bool:
            default = kind == "ServiceAccount" and name == "default"
            return name not in _EVERYBODY and not default

        problems += require(
            lookup(one, "name"),
            right,
            path,
            f"`{path}` must be neither everybody nor a default account",
        )
    return problems
