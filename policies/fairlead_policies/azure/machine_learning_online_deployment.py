"""``azure-native:machinelearningservices:OnlineDeployment``."""

from __future__ import annotations

from fairlead_policies.azure.machine_learning_workspace import WORKSPACE
from fairlead_policies.conditions import one_of, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_MANAGED = {"AllowInternetOutbound", "AllowOnlyApprovedOutbound"}
_MODE = "managedNetwork.isolationMode"


@rule("AZ-ML-06", "azure-native:machinelearningservices:OnlineDeployment")
def has_no_public_way_out(deployment: Resource, stack: Stack) -> Problems | None:
    """Require no public way out, unless the workspace's managed network decides of it."""
    workspaces = stack.sources(deployment, "workspaceName", WORKSPACE)
    modes = [one.get(_MODE) for one in workspaces]
    if modes and all(one in _MANAGED for one in modes):
        return None
    problems = one_of(deployment, "properties.egressPublicNetworkAccess", {"Disabled"})
    return [undecided(_MODE)] if problems and UNKNOWN in modes else problems
