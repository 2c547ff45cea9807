"""``azure-native:containerregistry:Registry``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, not_true, one_of
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

REGISTRY = "azure-native:containerregistry:Registry"


@rule("AZ-ACR-01", REGISTRY)
def has_no_admin_and_no_anonymous_pull(registry: Resource, _stack: Stack) -> Problems:
    """Refuse the shared administrator and pulling without an identity."""
    return not_true(registry, "adminUserEnabled") + not_true(registry, "anonymousPullEnabled")


@rule("AZ-ACR-02", REGISTRY)
def is_private_and_encrypted(registry: Resource, stack: Stack) -> Problems:
    """Require no public network, a key, and where nothing may leave, no export."""
    problems = one_of(registry, "publicNetworkAccess", {"Disabled"})
    problems += one_of(registry, "sku.name", {"Premium"})
    problems += one_of(registry, "encryption.status", {"enabled", "Enabled"})
    problems += is_set(registry, "encryption.keyVaultProperties")
    if stack.settings.vpc:
        problems += one_of(registry, "policies.exportPolicy.status", {"disabled", "Disabled"})
    return problems
