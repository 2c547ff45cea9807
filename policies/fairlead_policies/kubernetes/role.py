"""Roles and ClusterRoles."""

from __future__ import annotations

from typing import Any

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import Resource, each, holds_unknown, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
_ESCALATION = {"escalate", "bind", "impersonate"}
_READ = {"get", "list", "watch"}


@rule("K8S-RBAC-02", CLUSTER_ROLE, ROLE)
def grants_what_it_names(role: Resource, _stack: Stack) -> Problems:
    """Refuse wildcards and escalation; for the whole cluster, also secrets and exec."""
    problems: Problems = []
    for index, one in enumerate(role.each("rules")):
        label = f"rules[{index}]"
        if holds_unknown(one):
            problems.append(undecided(label))
            continue
        verbs, resources = _set(one, "verbs"), _set(one, "resources")
        if "*" in verbs:
            problems.append(Violation(f"`{label}.verbs` must not hold *"))
        if "*" in resources or "*" in _set(one, "apiGroups"):
            problems.append(Violation(f"`{label}` must name groups and resources"))
        if verbs & _ESCALATION:
            problems.append(Violation(f"`{label}.verbs` allows more than the role itself grants"))
        if role.type == CLUSTER_ROLE:
            problems += _cluster_wide(label, verbs, resources)
    return problems


def _cluster_wide(label: str, verbs: set[str], resources: set[str]) -> Problems:
    problems: Problems = []
    if "secrets" in resources and verbs & _READ:
        problems.append(Violation(f"`{label}` reads the secrets of every namespace"))
    if "pods/exec" in resources and "create" in verbs:
        problems.append(Violation(f"`{label}` runs commands in every pod"))
    return problems


def _set(entry: Any, name: str) -> set[str]:
    return {str(one) for one in each(lookup(entry, name))}
