"""``aws:ecr/repositoryPolicy:RepositoryPolicy``."""

from __future__ import annotations

from fairlead_policies.aws.policy_document import ACCOUNT, ORGANISATION, public_statements, read
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-ECR-04", "aws:ecr/repositoryPolicy:RepositoryPolicy")
def is_not_public(policy: Resource, _stack: Stack) -> Problems:
    """Refuse everybody without a condition, and all actions."""
    statements, problems = read(policy.get("policy"), "policy")
    for one in public_statements(statements, ORGANISATION, ACCOUNT):
        problems.append(Violation(f"`{one.label}` allows everybody without a condition that pins"))
    for one in statements:
        if one.allow and {"*", "ecr:*"} & set(one.actions):
            problems.append(Violation(f"`{one.label}` allows every action"))
    return problems
