"""Routes and gateways: ways out of a network."""

from __future__ import annotations

from typing import Any

from fairlead_policies.conditions import ANYWHERE, one_of, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ROUTE = "aws:ec2/route:Route"
TABLE = "aws:ec2/routeTable:RouteTable"
NAT = "aws:ec2/natGateway:NatGateway"
IGW = "aws:ec2/internetGateway:InternetGateway"
_VPN = "aws:ec2/vpnGateway:VpnGateway"
_DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "cidrBlock", "ipv6CidrBlock")
_WAYS_OUT = ("gatewayId", "natGatewayId", "egressOnlyGatewayId")


@rule("AWS-VPC-05", ROUTE, TABLE, NAT)
def leads_nowhere_outside(resource: Resource, stack: Stack) -> Problems | None:
    """Refuse routes to the internet and public NAT gateways where the network is cut off."""
    if not stack.settings.vpc:
        return None
    if resource.type == NAT:
        return one_of(resource, "connectivityType", {"private"})
    if resource.type == TABLE:
        routes = resource.each("routes")
        return [problem for one in routes for problem in _judge(one, "routes[]", resource, stack)]
    return _judge(resource.props, "", resource, stack)


def _judge(entry: Any, label: str, resource: Resource, stack: Stack) -> Problems:
    """Return what is wrong with one route."""
    destinations = [lookup(entry, name) for name in _DESTINATIONS]
    ways = [name for name in _WAYS_OUT if _leaves(lookup(entry, name))]
    if not ways:
        return []
    source = "routes" if label else "gatewayId"
    private = stack.sources(resource, source, _VPN) and not stack.sources(resource, source, IGW)
    if private and ways == ["gatewayId"]:
        return []
    if any(one in ANYWHERE for one in destinations if isinstance(one, str)):
        path = f"{label}.{ways[0]}".lstrip(".")
        return [Violation(f"`{path}` leads everything outside")]
    if UNKNOWN in destinations:
        return [undecided(f"{label}.destinationCidrBlock".lstrip("."))]
    return []


def _leaves(gateway: Any) -> bool:
    """Tell whether a gateway leads outside; a VPN's does not."""
    return gateway is UNKNOWN or (bool(gateway) and not str(gateway).startswith(("vgw-", "local")))
