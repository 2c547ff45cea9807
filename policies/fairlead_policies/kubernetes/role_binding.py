"""RoleBindings and ClusterRoleBindings."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
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


@rule("K8S-RBAC-04", BINDING)
def stays_inside_the_namespace(binding: Resource, stack: Stack) -> Problems:
    """Require service accounts of the binding's own namespace, or of those that are configured."""
    own = binding.get("metadata.namespace")
    problems: Problems = []
    for index, one in enumerate(binding.each("subjects")):
        path = f"subjects[{index}].namespace"
        namespace = lookup(one, "namespace")
        if one is UNKNOWN or lookup(one, "kind") is UNKNOWN:
            problems.append(undecided(f"subjects[{index}]"))
        elif lookup(one, "kind") != "ServiceAccount" or _is_allowed(namespace, stack):
            continue
        elif UNKNOWN in (own, namespace):
            problems += [] if _come_from_one(binding) and own is namespace else [undecided(path)]
        elif namespace != own:
            problems.append(Violation(f"`{path}` must be the binding's own"))
    return problems


def _is_allowed(namespace: Any, stack: Stack) -> bool:
    allowed = stack.settings.allowed_namespaces
    return isinstance(namespace, str) and any(fnmatchcase(namespace, one) for one in allowed)


def _come_from_one(binding: Resource) -> bool:
    """Tell whether the binding's namespace and its subjects' come from one resource."""
    sources = binding.property_dependencies
    return bool(set(sources.get("metadata", ())) & set(sources.get("subjects", ())))
