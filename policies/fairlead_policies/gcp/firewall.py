"""``gcp:compute/firewall:Firewall`` and ``gcp:compute/routerNat:RouterNat``."""

from __future__ import annotations

from fairlead_policies.conditions import ANYWHERE, closed, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

FIREWALL = "gcp:compute/firewall:Firewall"
NAT = "gcp:compute/routerNat:RouterNat"
NETWORK = "gcp:compute/network:Network"


@rule("GCP-NET-02", FIREWALL)
def lets_nobody_in(firewall: Resource, _stack: Stack) -> Problems | None:
    """Refuse ingress from everywhere."""
    direction = firewall.get("direction")
    if direction is UNKNOWN:
        return [undecided("direction")]
    if direction == "EGRESS" or not firewall.get("allows") or firewall.get("disabled") is True:
        return None
    return closed(firewall.each("sourceRanges"), "sourceRanges")


@rule("GCP-NET-03", NETWORK)
def egress_is_denied(network: Resource, stack: Stack) -> Problems | None:
    """Require, where nothing may leave, a rule per network that denies all egress."""
    if not stack.settings.vpc:
        return None
    rules = stack.companions(network, FIREWALL, "network")
    if any(_denies_all(one) for one in rules):
        return []
    if any(UNKNOWN in (one.get("direction"), one.get("denies")) for one in rules):
        return [undecided("denies")]
    return [Violation("no Firewall with this `network` denies all egress")]


def _denies_all(firewall: Resource) -> bool:
    protocols = {lookup(one, "protocol") for one in firewall.each("denies")}
    ranges = set(firewall.each("destinationRanges"))
    return (
        firewall.get("direction") == "EGRESS"
        and "all" in protocols
        and (not ranges or bool(ranges & ANYWHERE))  # absent is everywhere
        and firewall.get("disabled") is not True
    )


@rule("GCP-NET-03", FIREWALL, NAT)
def lets_nothing_out(resource: Resource, stack: Stack) -> Problems | None:
    """Refuse, where nothing may leave, egress to everywhere and address translation."""
    if not stack.settings.vpc:
        return None
    if resource.type == NAT:
        return [Violation("a RouterNat must not exist")]
    allows = resource.get("direction") == "EGRESS" and resource.get("allows")
    if not allows or resource.get("disabled") is True:
        return None
    ranges = resource.each("destinationRanges")
    if not ranges:
        return [Violation("`destinationRanges` must be set: absent is everywhere")]
    return closed(ranges, "destinationRanges")
