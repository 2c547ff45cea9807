"""Secrets of Secrets Manager and their policies."""

from __future__ import annotations

from fairlead_policies.aws.policy_document import ACCOUNT, ORGANISATION, public_statements, read
from fairlead_policies.conditions import is_set, is_true
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"


@rule("AWS-SEC-01", SECRET, POLICY)
def is_encrypted_and_not_public(resource: Resource, _stack: Stack) -> Problems:
    """Require a key of one's own, and a policy that is not everybody's."""
    name = "kmsKeyId" if resource.type == SECRET else "blockPublicPolicy"
    problems = is_set(resource, name) if resource.type == SECRET else is_true(resource, name)
    statements, unread = read(resource.get("policy"), "policy")
    problems += unread
    for one in public_statements(statements, ORGANISATION, ACCOUNT):
        problems.append(Violation(f"`{one.label}` allows everybody"))
    return problems
