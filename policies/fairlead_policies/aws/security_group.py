"""Security groups and their rules, in the three ways to write them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from fairlead_policies.conditions import closed
from fairlead_policies.resource import Resource, each, lookup
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_HTTPS = 443


def _ranges(entry: Any) -> list[Any]:
    return [
        value
        for path in ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6")
        for value in each(lookup(entry, path))
    ]


def _entries(resource: Resource, direction: str) -> list[tuple[str, Any]]:
    """Return what opens a direction, with the path of its ranges."""
    if resource.type == GROUP:
        return [(f"{direction}[].cidrBlocks", one) for one in resource.each(direction)]
    if resource.type == RULE:
        mine = resource.get("type") in {direction, None}
        return [("cidrBlocks", resource.props)] if mine else []
    return [("cidrIpv4", resource.props)]


@rule("AWS-VPC-03", GROUP, RULE, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def lets_nobody_in(resource: Resource, stack: Stack) -> Problems | None:
    """Refuse ingress from everywhere, but HTTPS where the configuration lists a load balancer."""
    public = any(fnmatchcase(resource.urn, one) for one in stack.settings.public_load_balancers)
    entries = _entries(resource, "ingress")
    if not entries:
        return [] if resource.type == GROUP else None
    problems: Problems = []
    for path, entry in entries:
        if not (public and lookup(entry, "fromPort") == lookup(entry, "toPort") == _HTTPS):
            problems += closed(_ranges(entry), path)
    return problems


@rule("AWS-VPC-04", GROUP, RULE, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def lets_nothing_out(resource: Resource, stack: Stack) -> Problems | None:
    """Refuse egress to everywhere where nothing may leave the network."""
    if not stack.settings.vpc:
        return None
    entries = _entries(resource, "egress")
    if not entries:
        return [] if resource.type == GROUP else None
    return [problem for path, one in entries for problem in closed(_ranges(one), path)]
