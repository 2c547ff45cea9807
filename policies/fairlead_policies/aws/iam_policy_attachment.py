"""Attachments of managed policies to roles, users and groups."""

from __future__ import annotations

import re

from fairlead_policies.conditions import require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ROLE = "aws:iam/role:Role"
_BROAD = re.compile(
    r"^arn:[^:]*:iam::aws:policy/(?:.*/)?"
    r"(?:AdministratorAccess\S*|PowerUserAccess|IAMFullAccess|\w*FullAccess)$"
)


def is_broad(arn: object) -> bool:
    """Tell whether AWS manages a policy and it grants all of a service or more.

    Example:
        >>> is_broad("arn:aws:iam::aws:policy/AmazonS3FullAccess")
        True
    """
    return isinstance(arn, str) and _BROAD.match(arn) is not None


@rule(
    "AWS-IAM-06",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    ROLE,
)
def attaches_no_broad_policy(resource: Resource, _stack: Stack) -> Problems | None:
    """Refuse policies of AWS that grant all of a service or more."""
    path = "managedPolicyArns" if resource.type == ROLE else "policyArn"
    arns = resource.each(path)
    if resource.type == ROLE and not arns:
        return None
    problems: Problems = []
    for arn in arns:
        problems += require(
            arn, lambda v: not is_broad(v), path, f"`{path}` attaches a broad AWS-managed policy"
        )
    return problems
