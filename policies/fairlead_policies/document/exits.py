"""Where data can leave a stack: to the internet, to other accounts, to other places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead_policies.document.encryption import spoken
from fairlead_policies.preflight.aws import Policy, account_of
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.stack import Stack

ANYWHERE = {"0.0.0.0/0", "::/0"}
_PUBLIC = {"allUsers", "allAuthenticatedUsers"}


@dataclass(frozen=True, slots=True)
class Exit:
    """Say where and how data could leave.

    Attributes:
        name: The resource's logical name.
        kind: Its type, as people say it.
        how: In words; no property's value.
        certain: Whether it is so; else it is not known before the stack exists.
    """

    name: str
    kind: str
    how: str
    certain: bool = True


def exits(stack: Stack) -> list[Exit]:
    """Return every way out that the stack's resources open.

    Args:
        stack: The stack.

    Example:
        >>> from fairlead_policies.settings import Settings
        >>> gateway = Resource("urn:g", "aws:ec2/natGateway:NatGateway", "out", {})
        >>> exits(Stack([gateway], Settings()))[0].how
        'a way to the internet for private subnets'
    """
    return [one for resource in stack.resources for one in _of(resource)]


def _of(one: Resource) -> Iterator[Exit]:
    kind = spoken(one.type)
    if one.type in _ALWAYS:
        yield Exit(one.name, kind, _ALWAYS[one.type])
    if reader := _READERS.get(one.type):
        yield from (Exit(one.name, kind, how, certain) for how, certain in reader(one))
    if one.type.startswith("gcp:") and one.type.lower().endswith(("iammember", "iambinding")):
        members = [*one.each("member"), *one.each("members")]
        if any(member in _PUBLIC for member in members):
            yield Exit(one.name, kind, "granted to everybody")


def _egress(one: Resource) -> Iterator[tuple[str, bool]]:
    for rule in one.each("egress"):
        ranges = [*each(lookup(rule, "cidrBlocks")), *each(lookup(rule, "ipv6CidrBlocks"))]
        yield from _open(ranges)


def _rule_egress(one: Resource) -> Iterator[tuple[str, bool]]:
    if one.get("type") in {"egress", None}:
        yield from _open([*one.each("cidrIpv4"), *one.each("cidrIpv6"), *one.each("cidrBlocks")])


def _open(ranges: list[Any]) -> Iterator[tuple[str, bool]]:
    if any(address in ANYWHERE for address in ranges if isinstance(address, str)):
        yield "traffic out to every address", True
    elif UNKNOWN in ranges:
        yield "traffic out to addresses that are not known yet", False


def _network_policy(one: Resource) -> Iterator[tuple[str, bool]]:
    for rule in one.each("spec.egress"):
        if isinstance(rule, Mapping) and not rule.get("to"):  # no peer is every peer
            yield "traffic out to every address", True
            continue
        blocks = [lookup(peer, "ipBlock.cidr") for peer in each(lookup(rule, "to"))]
        yield from _open(blocks)
        if any(isinstance(block, str) and block not in ANYWHERE for block in blocks):
            yield "traffic out to named networks", True


def _firewall(one: Resource) -> Iterator[tuple[str, bool]]:
    if one.get("direction") == "EGRESS" and one.get("allows"):
        yield from _open(one.each("destinationRanges") or list(ANYWHERE))


def _policy(one: Resource) -> Iterator[tuple[str, bool]]:
    """Tell principals of other accounts, and everybody, in the policy of a resource."""
    policy = Policy(one.get("policy"))
    if not policy.known:
        yield "a policy that is not known yet", False
    for statement in policy.statements:
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, Mapping) else principal
        if statement.get("Effect") != "Allow":
            continue
        if "*" in each(named):
            guarded = " under a condition" if statement.get("Condition") else ""
            yield f"allowed to everybody{guarded}", True
        if len({account_of(str(who)) for who in each(named)} - {"", "*"}) > 1:
            yield "allowed to several accounts", True


def _public_network(one: Resource) -> Iterator[tuple[str, bool]]:
    access = one.get("publicNetworkAccess")
    if access is UNKNOWN:
        yield "public network access is not known yet", False
    elif access != "Disabled":
        yield "reached from public networks", True


def _service(one: Resource) -> Iterator[tuple[str, bool]]:
    internal = any("internal" in str(key).lower() for key in one.get("metadata.annotations") or {})
    if one.get("spec.type") in {"LoadBalancer", "NodePort"} and not internal:
        yield "served outside of the cluster", True


_ALWAYS: Final = {
    "aws:ec2/internetGateway:InternetGateway": "a way to and from the internet",
    "aws:ec2/natGateway:NatGateway": "a way to the internet for private subnets",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "copies to another bucket",
    "gcp:compute/routerNat:RouterNat": "a way to the internet for private subnets",
    "gcp:logging/projectSink:ProjectSink": "log entries go to another place",
    "azure-native:network:NatGateway": "a way to the internet for private subnets",
    "azure-native:storage:ObjectReplicationPolicy": "copies to another account",
    "kubernetes:networking.k8s.io/v1:Ingress": "served outside of the cluster",
}
_READERS: Final[dict[str, Callable[[Resource], Iterator[tuple[str, bool]]]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _egress,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _rule_egress,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule_egress,
    "aws:s3/bucketPolicy:BucketPolicy": _policy,
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _policy,
    "gcp:compute/firewall:Firewall": _firewall,
    "azure-native:storage:StorageAccount": _public_network,
    "azure-native:containerregistry:Registry": _public_network,
    "azure-native:keyvault:Vault": _public_network,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _network_policy,
    "kubernetes:core/v1:Service": _service,
}
