"""``gcp:container/cluster:Cluster``."""

from __future__ import annotations

from fairlead_policies.conditions import closed, is_set, is_true, not_true, one_of, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

CLUSTER = "gcp:container/cluster:Cluster"
_RANGES = "masterAuthorizedNetworksConfig.cidrBlocks"
_EXTERNAL = "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic"


@rule("GCP-GKE-01", CLUSTER)
def nodes_are_private(cluster: Resource, _stack: Stack) -> Problems:
    """Require nodes without public addresses."""
    return is_true(cluster, "privateClusterConfig.enablePrivateNodes")


@rule("GCP-GKE-02", CLUSTER)
def control_plane_is_not_open(cluster: Resource, stack: Stack) -> Problems:
    """Require a private endpoint, authorised networks, or IAM in front of a DNS endpoint."""
    problems = not_true(cluster, _EXTERNAL) if stack.settings.vpc else []
    private = cluster.get("privateClusterConfig.enablePrivateEndpoint")
    by_address = cluster.get("controlPlaneEndpointsConfig.ipEndpointsConfig.enabled")
    if private is True or by_address is False:
        return problems
    if UNKNOWN in (private, by_address):
        return [*problems, undecided("privateClusterConfig.enablePrivateEndpoint")]
    networks = cluster.get("masterAuthorizedNetworksConfig")
    if networks is None:
        path = "privateClusterConfig.enablePrivateEndpoint"
        return [*problems, Violation(f"`{path}` must be true, or networks be authorised")]
    ranges = [lookup(one, "cidrBlock") for one in cluster.each(_RANGES)]
    return problems + closed(ranges, _RANGES)


@rule("GCP-GKE-03", CLUSTER)
def has_workload_identity(cluster: Resource, _stack: Stack) -> Problems:
    """Require Workload Identity, which Autopilot always has."""
    if cluster.get("enableAutopilot") is True:
        return []
    return is_set(cluster, "workloadIdentityConfig.workloadPool")


@rule("GCP-GKE-07", CLUSTER)
def legacy_authentication_is_off(cluster: Resource, _stack: Stack) -> Problems:
    """Refuse attribute-based access and client certificates."""
    return not_true(cluster, "enableLegacyAbac") + not_true(
        cluster, "masterAuth.clientCertificateConfig.issueClientCertificate"
    )


@rule("GCP-GKE-04", CLUSTER)
def secrets_are_encrypted(cluster: Resource, _stack: Stack) -> Problems:
    """Require secrets to be encrypted once more, with a key of one's own."""
    return one_of(cluster, "databaseEncryption.state", {"ENCRYPTED"}) + is_set(
        cluster, "databaseEncryption.keyName"
    )


@rule("GCP-GKE-05", CLUSTER)
def enforces_network_policies(cluster: Resource, _stack: Stack) -> Problems:
    """Require something that enforces network policies, which Autopilot always has."""
    autopilot = cluster.get("enableAutopilot")
    calico, path = cluster.get("networkPolicy.enabled"), cluster.get("datapathProvider")
    if autopilot is True or calico is True or path == "ADVANCED_DATAPATH":
        return []
    if UNKNOWN in (autopilot, calico, path):
        return [undecided("networkPolicy.enabled")]
    return [Violation("`datapathProvider` must be ADVANCED_DATAPATH, or `networkPolicy` enabled")]
