"""``kubernetes:core/v1:Service``."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead_policies.conditions import closed, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: What makes a load balancer internal, by cloud.
_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    "networking.gke.io/load-balancer-type": "internal",
    "cloud.google.com/load-balancer-type": "internal",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
}


@rule("K8S-SVC-01", "kubernetes:core/v1:Service")
def faces_nobody_outside(service: Resource, stack: Stack) -> Problems | None:
    """Require load balancers to be internal, or open to some addresses where not cut off."""
    kind, notes = service.get("spec.type"), service.get("metadata.annotations")
    if kind is UNKNOWN:
        return [undecided("spec.type")]
    if kind != "LoadBalancer":
        return None
    if notes is UNKNOWN:
        notes = dict.fromkeys(_INTERNAL, UNKNOWN)
    notes = notes if isinstance(notes, Mapping) else {}
    if any(str(notes.get(key)).lower() == value for key, value in _INTERNAL.items()):
        return []
    if any(notes.get(key) is UNKNOWN for key in _INTERNAL):
        return [undecided("metadata.annotations")]
    ranges = service.each("spec.loadBalancerSourceRanges")
    if stack.settings.vpc or not ranges:
        return [Violation("`metadata.annotations` must make the load balancer internal")]
    return closed(ranges, "spec.loadBalancerSourceRanges")
