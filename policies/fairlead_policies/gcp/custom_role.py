"""``gcp:projects/iAMCustomRole:IAMCustomRole``."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fairlead_policies.conditions import require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: With these, whoever has the role can give itself more.
ESCALATION = (
    "*.setIamPolicy",
    "iam.serviceAccounts.actAs",
    "iam.serviceAccountKeys.create",
)


@rule("GCP-IAM-09", "gcp:projects/iAMCustomRole:IAMCustomRole")
def cannot_escalate(role: Resource, stack: Stack) -> Problems:
    """Refuse permissions to give permissions, but in roles that the configuration lists."""
    if any(fnmatchcase(role.urn, one) for one in stack.settings.privileged_custom_roles):
        return []
    path = "permissions"
    problems: Problems = []
    for permission in role.each(path):
        problems += require(
            permission,
            lambda v: not any(fnmatchcase(str(v), one) for one in ESCALATION),
            path,
            f"`{path}` lets whoever has the role give itself more",
        )
    return problems
