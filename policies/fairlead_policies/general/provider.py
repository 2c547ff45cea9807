"""Providers: whose account, project or subscription they work in."""

from __future__ import annotations

import json
from typing import Any

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, each
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

AWS = "pulumi:providers:aws"
GCP = "pulumi:providers:gcp"
AZURE = "pulumi:providers:azure-native"


def _accounts(value: Any) -> list[Any]:
    """Return a provider's list; Pulumi hands providers their configuration as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return [one if one is UNKNOWN else str(one) for one in each(value)]


@rule("GEN-ENV-01", AWS)
def aws_is_of_the_environment(provider: Resource, stack: Stack) -> Problems | None:
    """Require the accounts a provider may work in, all of this environment."""
    if not stack.settings.environments:
        return None
    own = stack.settings.owned("aws_accounts")
    path = "allowedAccountIds"
    value = provider.get(path)
    if value is UNKNOWN:
        return [undecided(path)]
    accounts = _accounts(value)
    if not accounts:
        return [Violation(f"`{path}` must be set")]
    message = f"`{path}` names an account of no own environment"
    return [p for one in accounts for p in require(one, lambda v: v in own, path, message)]


@rule("GEN-ENV-01", GCP, AZURE)
def project_is_of_the_environment(provider: Resource, stack: Stack) -> Problems | None:
    """Require the project or subscription to be this environment's."""
    if not stack.settings.environments:
        return None
    field, path = (
        ("gcp_projects", "project")
        if provider.type == GCP
        else ("azure_subscriptions", "subscriptionId")
    )
    own = stack.settings.owned(field)
    return require(
        provider.get(path), lambda v: v in own, path, f"`{path}` is of no own environment"
    )
