"""``kubernetes:core/v1:Namespace``: what pods in it may do, and who may reach them."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

NAMESPACE = "kubernetes:core/v1:Namespace"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_LABEL = "pod-security.kubernetes.io/enforce"


def _is_system(namespace: Resource, stack: Stack) -> bool:
    name = namespace.get("metadata.name")
    patterns = stack.settings.system_namespaces
    return isinstance(name, str) and any(fnmatchcase(name, one) for one in patterns)


@rule("K8S-NS-01", NAMESPACE)
def enforces_pod_security(namespace: Resource, stack: Stack) -> Problems | None:
    """Require the level of pod security that is configured, or a stricter one."""
    if _is_system(namespace, stack):
        return None
    labels = namespace.get("metadata.labels")
    if labels is UNKNOWN:
        return [undecided("metadata.labels")]
    level = labels.get(_LABEL) if isinstance(labels, Mapping) else None
    allowed = {"restricted", stack.settings.pod_security}
    return require(
        level,
        lambda v: v in allowed,
        "metadata.labels",
        f"the label {_LABEL} must be {stack.settings.pod_security}",
    )


@rule("K8S-NP-01", NAMESPACE)
def denies_by_default(namespace: Resource, stack: Stack) -> Problems | None:
    """Require a policy that refuses all traffic but what others allow."""
    if _is_system(namespace, stack):
        return None
    policies = stack.companions(namespace, POLICY, "metadata")
    if any(_denies_all(one) for one in policies):
        return []
    if any(one.get("spec") is UNKNOWN for one in policies):
        return [undecided("spec")]
    return [Violation("no NetworkPolicy of this namespace denies all ingress and egress")]


def _denies_all(policy: Resource) -> bool:
    return (
        not policy.get("spec.podSelector")
        and {"Ingress", "Egress"} <= set(policy.each("spec.policyTypes"))
        and not policy.get("spec.ingress")
        and not policy.get("spec.egress")
    )
