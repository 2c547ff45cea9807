"""``azure-native:network:PrivateEndpoint``: which services have one."""

from __future__ import annotations

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_ENDPOINT = "azure-native:network:PrivateEndpoint"
_CONNECTIONS = "privateLinkServiceConnections"
_WORKSPACE = "azure-native:machinelearningservices:Workspace"
_STORAGE = "azure-native:storage:StorageAccount"
#: The part of a service that an endpoint leads to.
_GROUPS = {
    _STORAGE: ("blob",),
    "azure-native:containerregistry:Registry": ("registry",),
    "azure-native:keyvault:Vault": ("vault",),
    _WORKSPACE: ("amlworkspace",),
}


@rule("AZ-NET-01", *_GROUPS)
def has_a_private_endpoint(resource: Resource, stack: Stack) -> Problems | None:
    """Require, where nothing may leave, a private endpoint for each part that is used."""
    if not stack.settings.vpc:
        return None
    needed = list(_GROUPS[resource.type])
    if resource.type == _STORAGE and resource.urn in _workspace_storage(stack):
        needed.append("file")
    endpoints = stack.companions(resource, _ENDPOINT, _CONNECTIONS)
    groups = {
        group
        for endpoint in endpoints
        for connection in endpoint.each(_CONNECTIONS)
        for group in each(lookup(connection, "groupIds"))
    }
    missing = [one for one in needed if one not in groups]
    if missing and UNKNOWN in groups:
        return [undecided(f"{_CONNECTIONS}[].groupIds")]
    return [Violation(f"no PrivateEndpoint leads to its {one}") for one in missing]


def _workspace_storage(stack: Stack) -> set[str]:
    """Return the storage accounts that workspaces keep their files in."""
    return {
        urn
        for workspace in stack.of(_WORKSPACE)
        for urn in workspace.property_dependencies.get("storageAccount", ())
    }
