"""``azure-native:containerservice:ManagedCluster``: AKS."""

from __future__ import annotations

from fairlead_policies.conditions import closed, is_true, one_of, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

CLUSTER = "azure-native:containerservice:ManagedCluster"
_PRIVATE = "apiServerAccessProfile.enablePrivateCluster"
_POOLS = "agentPoolProfiles"
_RANGES = "apiServerAccessProfile.authorizedIPRanges"


@rule("AZ-AKS-01", CLUSTER)
def api_server_is_not_open(cluster: Resource, _stack: Stack) -> Problems:
    """Require a private API server, or ranges that may reach it."""
    private = cluster.get(_PRIVATE)
    if private is True:
        return []
    ranges = cluster.each(_RANGES)
    if ranges:
        return closed(ranges, _RANGES)
    if private is UNKNOWN:
        return [undecided(_PRIVATE)]
    return [Violation(f"`{_PRIVATE}` must be true, or `{_RANGES}` be set")]


@rule("AZ-AKS-02", CLUSTER)
def accounts_are_entras(cluster: Resource, _stack: Stack) -> Problems:
    """Require Entra's identities and roles, and no local accounts."""
    problems = [
        problem
        for path in ("aadProfile.managed", "aadProfile.enableAzureRBAC", "disableLocalAccounts")
        for problem in is_true(cluster, path)
    ]
    path = "enableRBAC"
    return problems + require(
        cluster.get(path), lambda v: v is not False, path, f"`{path}` must not be false"
    )


@rule("AZ-AKS-03", CLUSTER)
def workloads_have_identities(cluster: Resource, _stack: Stack) -> Problems:
    """Require workload identity, its issuer, and an identity instead of a principal's secret."""
    problems = is_true(cluster, "securityProfile.workloadIdentity.enabled")
    problems += is_true(cluster, "oidcIssuerProfile.enabled")
    path = "identity.type"
    problems += require(
        cluster.get(path), lambda v: v not in {None, "None"}, path, f"`{path}` must be set"
    )
    if cluster.get("servicePrincipalProfile.secret") is not None:
        problems.append(Violation("`servicePrincipalProfile.secret` must be absent"))
    return problems


@rule("AZ-AKS-04", CLUSTER)
def network_is_closed(cluster: Resource, stack: Stack) -> Problems:
    """Require network policies and no public nodes; where cut off, no way out of its own."""
    problems = one_of(cluster, "networkProfile.networkPolicy", {"azure", "calico", "cilium"})
    path = f"{_POOLS}[].enableNodePublicIP"
    for pool in cluster.each(_POOLS):
        problems += require(
            lookup(pool, "enableNodePublicIP"),
            lambda v: v is not True,
            path,
            f"`{path}` must not be true",
        )
    if stack.settings.vpc:
        ways = {"userDefinedRouting", "none", "block"}
        problems += one_of(cluster, "networkProfile.outboundType", ways)
    return problems


@rule("AZ-AKS-05", CLUSTER)
def disks_and_secrets_are_encrypted(cluster: Resource, stack: Stack) -> Problems | None:
    """Require encryption at the host and of secrets with a key, in production."""
    if not stack.settings.production:
        return None
    problems = is_true(cluster, "securityProfile.azureKeyVaultKms.enabled")
    path = f"{_POOLS}[].enableEncryptionAtHost"
    for pool in cluster.each(_POOLS):
        problems += require(
            lookup(pool, "enableEncryptionAtHost"),
            lambda v: v is True,
            path,
            f"`{path}` must be true",
        )
    return problems
