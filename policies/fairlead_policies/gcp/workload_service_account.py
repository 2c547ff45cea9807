"""Which service account nodes, environments and workbenches run as."""

from __future__ import annotations

import re

from fairlead_policies.conditions import require
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

CLUSTER = "gcp:container/cluster:Cluster"
_DEFAULT = re.compile(r"^(?:default|.*-compute@developer\.gserviceaccount\.com)$")
_PATHS = {
    "gcp:container/nodePool:NodePool": "nodeConfig.serviceAccount",
    "gcp:composer/environment:Environment": "config.nodeConfig.serviceAccount",
}
_WORKBENCH = "gcp:workbench/instance:Instance"


def is_own(value: object, path: str) -> Problems:
    """Require an account to be set and not to be the project's default."""
    if value is None:
        return [Violation(f"`{path}` must be set")]
    if value is UNKNOWN:
        return []  # set, and known after apply: an account made by the same program
    return require(
        value,
        lambda v: _DEFAULT.match(str(v)) is None,
        path,
        f"`{path}` must not be the project's default account",
    )


@rule("GCP-IAM-06", *_PATHS)
def has_its_own_account(resource: Resource, _stack: Stack) -> Problems:
    """Require an account of one's own."""
    path = _PATHS[resource.type]
    return is_own(resource.get(path), path)


@rule("GCP-IAM-06", CLUSTER)
def nodes_have_their_own_account(cluster: Resource, _stack: Stack) -> Problems | None:
    """Require it of the nodes that a cluster makes itself."""
    auto = "clusterAutoscaling.autoProvisioningDefaults.serviceAccount"
    if cluster.get("enableAutopilot") is True:
        return is_own(cluster.get(auto), auto)
    if cluster.get("removeDefaultNodePool") is True and cluster.get("nodeConfig") is None:
        return None
    return is_own(cluster.get("nodeConfig.serviceAccount"), "nodeConfig.serviceAccount")


@rule("GCP-IAM-06", _WORKBENCH)
def workbench_has_its_own_account(workbench: Resource, _stack: Stack) -> Problems:
    """Require it of a workbench."""
    path = "gceSetup.serviceAccounts"
    accounts = workbench.each(path)
    if not accounts:
        return [Violation(f"`{path}` must be set")]
    return [p for one in accounts for p in is_own(lookup(one, "email"), f"{path}[].email")]
