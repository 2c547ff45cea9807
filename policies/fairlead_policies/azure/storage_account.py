"""``azure-native:storage:StorageAccount`` and its containers."""

from __future__ import annotations

from fairlead_policies.conditions import (
    is_false,
    is_set,
    is_true,
    not_true,
    one_of,
    require,
    undecided,
)
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ACCOUNT = "azure-native:storage:StorageAccount"
CONTAINER = "azure-native:storage:BlobContainer"
BLOBS = "azure-native:storage:BlobServiceProperties"


@rule("AZ-ST-01", ACCOUNT)
def allows_no_anonymous_access(account: Resource, _stack: Stack) -> Problems:
    """Refuse containers that anybody may read."""
    return not_true(account, "allowBlobPublicAccess")


@rule("AZ-ST-01", CONTAINER)
def container_is_private(container: Resource, _stack: Stack) -> Problems:
    """Refuse public containers."""
    path = "publicAccess"
    return require(
        container.get(path), lambda v: v in {None, "None"}, path, f"`{path}` must be None"
    )


@rule("AZ-ST-02", ACCOUNT)
def network_is_closed(account: Resource, stack: Stack) -> Problems:
    """Require no public network, or at least a default of refusing where it is not cut off."""
    access = account.get("publicNetworkAccess")
    default = account.get("networkRuleSet.defaultAction")
    if access in {"Disabled", "SecuredByPerimeter"}:
        return []
    if default == "Deny" and not stack.settings.vpc:
        return []
    if access is UNKNOWN or (default is UNKNOWN and not stack.settings.vpc):
        return [undecided("publicNetworkAccess")]
    return [Violation("`publicNetworkAccess` must be Disabled")]


@rule("AZ-ST-03", ACCOUNT)
def speaks_tls_only(account: Resource, _stack: Stack) -> Problems:
    """Require HTTPS and TLS 1.2 or later."""
    path = "enableHttpsTrafficOnly"
    return require(
        account.get(path), lambda v: v is not False, path, f"`{path}` must not be false"
    ) + one_of(account, "minimumTlsVersion", {"TLS1_2", "TLS1_3"})


@rule("AZ-ST-04", ACCOUNT)
def has_no_shared_keys(account: Resource, _stack: Stack) -> Problems:
    """Require shared keys to be refused, which they are not by default."""
    return is_false(account, "allowSharedKeyAccess")


@rule("AZ-ST-05", ACCOUNT)
def is_encrypted_with_a_customer_key(account: Resource, _stack: Stack) -> Problems:
    """Require a key of one's own, and refuse copies to other tenants."""
    return (
        one_of(account, "encryption.keySource", {"Microsoft.Keyvault"})
        + is_set(account, "encryption.keyVaultProperties")
        + not_true(account, "allowCrossTenantReplication")
    )


@rule("AZ-ST-06", ACCOUNT)
def blobs_can_be_restored(account: Resource, stack: Stack) -> Problems | None:
    """Require deletion that can be undone, and versions, which no hierarchical account has."""
    if account.get("kind") == "FileStorage":
        return None
    services = stack.companions(account, BLOBS, "accountName")
    if not services:
        return [Violation("no BlobServiceProperties is attached by its `accountName`")]
    problems: Problems = []
    for one in services:
        problems += is_true(one, "deleteRetentionPolicy.enabled")
        hierarchical = account.get("isHnsEnabled")
        if hierarchical is UNKNOWN and one.get("isVersioningEnabled") is not True:
            problems.append(undecided("isHnsEnabled"))
        elif hierarchical is not True:
            problems += is_true(one, "isVersioningEnabled")
    return problems
