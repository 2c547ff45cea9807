"""``aws:iam/role:Role``: who may become a role."""

from __future__ import annotations

import re

from fairlead_policies.aws.policy_document import ORGANISATION, Statement, read
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problem, Problems, Undecided, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ROLE = "aws:iam/role:Role"
_TRUST = "assumeRolePolicy"

#: Services that send aws:SourceAccount and aws:SourceArn when they assume a role
#: (IAM user guide, "The confused deputy problem", and the services' own guides).
SENDS_SOURCE = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "airflow", "airflow-env", "batch", "bedrock", "codebuild", "ecs-tasks", "eks-fargate-pods",
        "firehose", "sagemaker", "scheduler", "states", "vpc-flow-logs",
    )
)  # fmt: skip
_SOURCE = frozenset({"aws:sourceaccount", "aws:sourcearn"})
_EXTERNAL = frozenset({"sts:externalid"})
_ACCOUNT = re.compile(r"^(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?::.*)?$")


@rule("AWS-IAM-05", ROLE)
def trust_is_guarded(role: Resource, stack: Stack) -> Problems:
    """Require a trust policy to name who assumes the role, and to guard against deputies."""
    statements, problems = read(role.get(_TRUST), _TRUST)
    for one in statements:
        if not one.allow:
            continue
        if one.anyone:
            problems.append(Violation(f"`{one.label}` trusts everybody"))
        services = set(one.principals.get("Service", ()))
        if services & SENDS_SOURCE and not one.pins(_SOURCE):
            problems.append(Violation(f"`{one.label}` must fix aws:SourceAccount or aws:SourceArn"))
        problems += _foreign(one, role, stack)
    return problems


def _foreign(one: Statement, role: Resource, stack: Stack) -> list[Problem]:
    """Return what is wrong with a statement's principals of other accounts than the role's own."""
    accounts = {found[1] for who in one.principals.get("AWS", ()) if (found := _ACCOUNT.match(who))}
    own = set(stack.settings.owned("aws_accounts"))
    if found := _ACCOUNT.match(role.arn):
        own.add(found[1])
    if not accounts - own or one.pins(_EXTERNAL) or one.pins(ORGANISATION):
        return []
    if not own:
        return [Undecided("which accounts are this environment's is not configured")]
    return [
        Violation(f"`{one.label}` trusts another account without an external id or organisation")
    ]


_FIXED_SUBJECT = re.compile(
    r"^(?:repo:[^/*]+/[^:*]+:.+|system:serviceaccount:[^:*]+:.+|project_path:[^/*]+/[^:*]+.*"
    r"|[^*]+)$"
)


@rule("AWS-IAM-08", ROLE)
def federation_is_pinned(role: Resource, _stack: Stack) -> Problems | None:
    """Require web identities to be pinned to one subject and audience."""
    statements, problems = read(role.get(_TRUST), _TRUST)
    federated = [
        one for one in statements if one.allow and "sts:assumerolewithwebidentity" in one.actions
    ]
    if not federated and not problems:
        return None
    for one in federated:
        exact, like = (one.conditions.get(name, {}) for name in ("stringequals", "stringlike"))
        subjects = _ending(exact, ":sub")
        patterns = _ending(like, ":sub")
        pinned = subjects or patterns
        if not pinned or any("*" in value for value in subjects):
            problems.append(Violation(f"`{one.label}` must fix the token's subject"))
        elif not all(_FIXED_SUBJECT.match(value) for value in patterns):
            problems.append(Violation(f"`{one.label}` leaves the token's subject open"))
        if "sts.amazonaws.com" not in _ending(exact, ":aud"):
            problems.append(Violation(f"`{one.label}` must fix the token's audience"))
    return problems


def _ending(block: object, suffix: str) -> tuple[str, ...]:
    if not isinstance(block, dict):
        return ()
    return tuple(v for key, values in block.items() if key.endswith(suffix) for v in values)
