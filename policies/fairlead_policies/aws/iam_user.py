"""IAM users and their keys, which should not be."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule(
    "AWS-IAM-07",
    "aws:iam/accessKey:AccessKey",
    "aws:iam/user:User",
    "aws:iam/userLoginProfile:UserLoginProfile",
)
def does_not_exist(resource: Resource, stack: Stack) -> Problems:
    """Refuse users and long-lived keys, but for those that the configuration lists."""
    if any(fnmatchcase(resource.urn, one) for one in stack.settings.allowed_iam_users):
        return []
    return [Violation("users and long-lived keys must not exist")]
