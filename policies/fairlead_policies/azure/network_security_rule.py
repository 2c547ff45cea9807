"""``azure-native:network:SecurityRule``, alone and within a NetworkSecurityGroup."""

from __future__ import annotations

from typing import Any

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_GROUP = "azure-native:network:NetworkSecurityGroup"
_EVERYWHERE = {"*", "internet", "any", "0.0.0.0/0", "::/0", "0.0.0.0"}  # noqa: S104 - a prefix


@rule("AZ-NET-02", "azure-native:network:SecurityRule", _GROUP)
def is_not_open(resource: Resource, stack: Stack) -> Problems:
    """Refuse what lets the internet in, and where nothing may leave, what lets it out."""
    if resource.type == _GROUP:
        entries = [(one, f"securityRules[{i}].") for i, one in enumerate(resource.each(_RULES))]
    else:
        entries = [(resource.props, "")]
    return [p for entry, label in entries for p in _judge(entry, label, vpc=stack.settings.vpc)]


_RULES = "securityRules"


def _judge(entry: Any, label: str, *, vpc: bool) -> Problems:
    direction = str(lookup(entry, "direction")).lower()
    access = str(lookup(entry, "access")).lower()
    if lookup(entry, "access") is UNKNOWN or lookup(entry, "direction") is UNKNOWN:
        return [undecided(f"{label}access")]
    if access != "allow" or (direction == "outbound" and not vpc):
        return []
    side = "source" if direction == "inbound" else "destination"
    name = f"{side}AddressPrefix"
    values = each(lookup(entry, name)) + each(lookup(entry, f"{name}es"))
    if any(str(one).lower() in _EVERYWHERE for one in values if one is not UNKNOWN):
        return [Violation(f"`{label}{name}` must not be everything")]
    return [undecided(f"{label}{name}")] if UNKNOWN in values else []
