"""``aws:ec2/subnet:Subnet``."""

from __future__ import annotations

from fairlead_policies.conditions import not_true
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-VPC-02", "aws:ec2/subnet:Subnet")
def gives_no_public_addresses(subnet: Resource, stack: Stack) -> Problems | None:
    """Refuse public addresses, but in subnets tagged as public where the stack is not cut off."""
    if not stack.settings.vpc and subnet.get("tags.tier") == "public":
        return None
    return not_true(subnet, "mapPublicIpOnLaunch") + not_true(subnet, "assignIpv6AddressOnCreation")
