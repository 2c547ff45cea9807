"""The security group that every VPC comes with."""

from __future__ import annotations

from fairlead_policies.aws.vpc import VPC
from fairlead_policies.conditions import require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"


@rule("AWS-VPC-08", VPC)
def default_group_is_closed(vpc: Resource, stack: Stack) -> Problems:
    """Require the default group to be adopted and emptied: whatever names none gets it."""
    groups = stack.companions(vpc, DEFAULT_GROUP, "vpcId")
    if not groups:
        return [Violation("no DefaultSecurityGroup is attached by its `vpcId`")]
    return [
        problem
        for one in groups
        for path in ("ingress", "egress")
        for problem in require(
            one.get(path), lambda v: not v, path, f"`{path}` of the default group must be empty"
        )
    ]
