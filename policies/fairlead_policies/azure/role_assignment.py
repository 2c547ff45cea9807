"""``azure-native:authorization:RoleAssignment``."""

from __future__ import annotations

import re

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ASSIGNMENT = "azure-native:authorization:RoleAssignment"
#: Owner, Contributor, User Access Administrator, Role Based Access Control Administrator.
BROAD = frozenset(
    {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    }
)
_WIDE = re.compile(
    r"^(?:/?|/subscriptions/[^/]+/?|/providers/Microsoft\.Management/managementGroups/[^/]+/?)$",
    re.IGNORECASE,
)
_SCOPE = re.compile(r"^/subscriptions/([^/]+)(?:/resourceGroups/([^/]+))?", re.IGNORECASE)


@rule("AZ-IAM-01", ASSIGNMENT)
def is_no_broad_role(assignment: Resource, _stack: Stack) -> Problems:
    """Refuse administrators' roles to service principals, and to anybody at a wide scope."""
    role = assignment.get("roleDefinitionId")
    if role is UNKNOWN:
        return [undecided("roleDefinitionId")]
    if str(role).rpartition("/")[2].lower() not in BROAD:
        return []
    who = assignment.get("principalType")
    if who in {None, "ServicePrincipal"}:
        return [Violation("`roleDefinitionId` must not be an administrator's")]
    return require(
        assignment.get("scope"),
        lambda v: _WIDE.match(str(v or "")) is None,
        "scope",
        "`scope` must not be a subscription or management group for this role",
    )


@rule("AZ-IAM-04", ASSIGNMENT)
def stays_within_its_environment(assignment: Resource, stack: Stack) -> Problems | None:
    """Refuse subscriptions and resource groups of other environments."""
    settings = stack.settings
    if not settings.environments:
        return None
    subscriptions = {one.lower() for one in settings.owned("azure_subscriptions")}
    groups = {one.lower() for one in settings.owned("azure_resource_groups")}

    def own(scope: object) -> bool:
        found = _SCOPE.match(str(scope or ""))
        if found is None or found[1].lower() not in subscriptions:
            return False
        return not groups or found[2] is None or found[2].lower() in groups

    return require(assignment.get("scope"), own, "scope", "`scope` is of no own environment")
