"""``azure-native:authorization:RoleDefinition``."""

from __future__ import annotations

import re

from fairlead_policies.conditions import require
from fairlead_policies.resource import Resource, each, lookup
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_GRANTS = re.compile(
    r"^(?:\*|Microsoft\.Authorization/(?:\*|(?:[^/]+/)*\*?(?:write|\*)))$|^\*/(?:write|\*)$",
    re.IGNORECASE,
)


@rule("AZ-IAM-02", "azure-native:authorization:RoleDefinition")
def has_no_wildcard(definition: Resource, _stack: Stack) -> Problems:
    """Refuse every action, granting roles, every data action, and the root as scope."""
    problems: Problems = []
    for permission in definition.each("permissions"):
        for action in each(lookup(permission, "actions")):
            path = "permissions[].actions"
            problems += require(
                action,
                lambda v: _GRANTS.match(str(v)) is None,
                path,
                f"`{path}` must neither be everything nor grant roles",
            )
        for action in each(lookup(permission, "dataActions")):
            path = "permissions[].dataActions"
            problems += require(
                action, lambda v: v != "*", path, f"`{path}` must not be everything"
            )
    for scope in definition.each("assignableScopes"):
        path = "assignableScopes"
        problems += require(scope, lambda v: v != "/", path, f"`{path}` must not be the root")
    return problems
