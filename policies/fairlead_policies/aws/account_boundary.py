"""Accounts and roles of other environments, in any policy document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead_policies.aws.iam_policy import POLICIES, ROLE, documents
from fairlead_policies.aws.policy_document import Statement, read
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_ARN_ACCOUNT = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_BARE_ACCOUNT = re.compile(r"^\d{12}$")
_ROLE_NAME = re.compile(r":(?:assumed-)?role/(.+)$")


@rule(
    "AWS-IAM-11",
    *POLICIES,
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:kms/key:Key",
    "aws:kms/keyPolicy:KeyPolicy",
)
def stays_within_its_environment(resource: Resource, stack: Stack) -> Problems | None:
    """Refuse what names an account or a role of another environment."""
    if not stack.settings.environments:
        return None
    statements, problems = all_documents(resource)
    own = stack.settings.owned("aws_accounts")
    others = set(stack.settings.environments) - {stack.settings.environment}
    for one in statements:
        if not one.allow:
            continue
        for text in _texts(one):
            found = _ARN_ACCOUNT.match(text)
            account = found[1] if found else text if _BARE_ACCOUNT.match(text) else None
            if account is not None and account not in own:
                problems.append(Violation(f"`{one.label}` names an account of no own environment"))
            role = _ROLE_NAME.search(text)
            if role and set(re.split(r"[-_/.]", role[1].lower())) & others:
                problems.append(Violation(f"`{one.label}` names a role of another environment"))
    return problems


def all_documents(resource: Resource) -> tuple[list[Statement], Problems]:
    """Return the policies in a resource, a role's trust among them."""
    if resource.type != ROLE:
        return read(resource.get("policy"), "policy")
    statements, problems = read(resource.get("assumeRolePolicy"), "assumeRolePolicy")
    inline = documents(resource) or ([], [])
    return statements + inline[0], problems + inline[1]


def _texts(one: Statement) -> Iterator[str]:
    for kind, who in one.principals.items():
        if kind in {"AWS", "Federated"}:
            yield from who
    yield from one.resources
    for block in one.conditions.values():
        for values in block.values():
            yield from values
