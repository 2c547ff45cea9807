"""Statements that allow all but what they list, in any IAM policy."""

from __future__ import annotations

from fairlead_policies.aws.account_boundary import all_documents
from fairlead_policies.aws.iam_policy import POLICIES
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-IAM-10", *POLICIES)
def allows_what_it_lists(resource: Resource, _stack: Stack) -> Problems:
    """Refuse to allow whatever is not listed: it grows with every service; denies may invert."""
    statements, problems = all_documents(resource)
    for one in statements:
        if one.allow:
            problems += [Violation(f"`{one.label}` allows with {name}") for name in one.inverted]
    return problems
