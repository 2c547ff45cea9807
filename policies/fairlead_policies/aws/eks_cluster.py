"""``aws:eks/cluster:Cluster``."""

from __future__ import annotations

from fairlead_policies.conditions import (
    closed,
    is_false,
    is_set,
    is_true,
    one_of,
    require,
    undecided,
)
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

CLUSTER = "aws:eks/cluster:Cluster"
_LOGS = {"api", "audit", "authenticator"}


@rule("AWS-EKS-01", CLUSTER)
def endpoint_is_not_open(cluster: Resource, stack: Stack) -> Problems:
    """Require a private endpoint; a public one only with ranges, and never where cut off."""
    problems = is_true(cluster, "vpcConfig.endpointPrivateAccess")
    public = cluster.get("vpcConfig.endpointPublicAccess")
    if public is UNKNOWN:
        return [*problems, undecided("vpcConfig.endpointPublicAccess")]
    if public is False:
        return problems
    ranges = cluster.each("vpcConfig.publicAccessCidrs")
    if stack.settings.vpc or not ranges:
        problems.append(Violation("`vpcConfig.endpointPublicAccess` must be false"))
        return problems
    return problems + closed(ranges, "vpcConfig.publicAccessCidrs")


@rule("AWS-EKS-02", CLUSTER)
def secrets_are_encrypted(cluster: Resource, _stack: Stack) -> Problems:
    """Require envelope encryption of secrets."""
    path = "encryptionConfig.resources"
    return is_set(cluster, "encryptionConfig.provider.keyArn") + require(
        cluster.get(path), lambda v: bool(v) and "secrets" in v, path, f"`{path}` must hold secrets"
    )


@rule("AWS-EKS-03", CLUSTER)
def logs_the_control_plane(cluster: Resource, _stack: Stack) -> Problems:
    """Require the logs that tell who did what."""
    path = "enabledClusterLogTypes"
    types = cluster.get(path)
    if types is UNKNOWN or (isinstance(types, list) and UNKNOWN in types):
        return [undecided(path)]
    missing = not set(types or ()) >= _LOGS
    return [Violation(f"`{path}` must hold api, audit and authenticator")] if missing else []


@rule("AWS-EKS-04", CLUSTER)
def access_is_by_entries(cluster: Resource, stack: Stack) -> Problems:
    """Require access entries, and in production that whoever makes a cluster is no administrator.

    Both ways at once are for a migration; the config map alone, the default, is not enough.
    """
    problems = one_of(cluster, "accessConfig.authenticationMode", {"API", "API_AND_CONFIG_MAP"})
    if stack.settings.production:
        problems += is_false(cluster, "accessConfig.bootstrapClusterCreatorAdminPermissions")
    return problems
