"""``azure-native:keyvault:Vault``."""

from __future__ import annotations

from fairlead_policies.conditions import is_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

VAULT = "azure-native:keyvault:Vault"
_LEAST_DAYS = 30


@rule("AZ-KV-01", VAULT)
def cannot_be_purged(vault: Resource, _stack: Stack) -> Problems:
    """Require purge protection, and that what is deleted stays a month; 90 days by default."""
    path = "properties.softDeleteRetentionInDays"
    return is_true(vault, "properties.enablePurgeProtection") + require(
        vault.get(path),
        lambda v: v is None or v >= _LEAST_DAYS,
        path,
        f"`{path}` must be at least {_LEAST_DAYS}",
    )


@rule("AZ-KV-02", VAULT)
def is_private_and_uses_roles(vault: Resource, _stack: Stack) -> Problems:
    """Require roles instead of access policies, and a closed network."""
    problems = is_true(vault, "properties.enableRbacAuthorization")
    access = vault.get("properties.publicNetworkAccess")
    default = vault.get("properties.networkAcls.defaultAction")
    if str(access).lower() == "disabled" or default == "Deny":
        return problems
    if UNKNOWN in (access, default):
        return [*problems, undecided("properties.publicNetworkAccess")]
    return [*problems, Violation("`properties.publicNetworkAccess` must be Disabled")]
