"""``azure-native:machinelearningservices:Workspace``."""

from __future__ import annotations

from fairlead_policies.conditions import not_true, one_of, require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

WORKSPACE = "azure-native:machinelearningservices:Workspace"


@rule("AZ-ML-01", WORKSPACE)
def is_not_public(workspace: Resource, _stack: Stack) -> Problems:
    """Require no public network, which there is by default."""
    return one_of(workspace, "publicNetworkAccess", {"Disabled"}) + not_true(
        workspace, "allowPublicAccessWhenBehindVnet"
    )


@rule("AZ-ML-02", WORKSPACE)
def managed_network_is_closed(workspace: Resource, stack: Stack) -> Problems | None:
    """Require, where nothing may leave, a managed network with approved destinations only."""
    if not stack.settings.vpc:
        return None
    return one_of(workspace, "managedNetwork.isolationMode", {"AllowOnlyApprovedOutbound"})


@rule("AZ-ML-03", WORKSPACE)
def uses_a_key_and_identities(workspace: Resource, stack: Stack) -> Problems:
    """Require an identity, datastores that use it, and in production a key."""
    problems: Problems = []
    if stack.settings.production:
        problems += one_of(workspace, "encryption.status", {"Enabled"})
    path = "identity.type"
    problems += require(
        workspace.get(path), lambda v: v not in {None, "None"}, path, f"`{path}` must be set"
    )
    return problems + one_of(workspace, "systemDatastoresAuthMode", {"identity", "Identity"})
