"""``azure-native:dbforpostgresql:Server``."""

from __future__ import annotations

from fairlead_policies.conditions import one_of, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AZ-PG-01", "azure-native:dbforpostgresql:Server")
def is_private_and_uses_identities(server: Resource, stack: Stack) -> Problems:
    """Require no public network, Entra's identities, a key, and no passwords in production."""
    problems: Problems = []
    access = server.get("network.publicNetworkAccess")
    if access != "Disabled" and not server.get("network.delegatedSubnetResourceId"):
        path = "network.publicNetworkAccess"
        problems.append(
            undecided(path) if access is UNKNOWN else Violation(f"`{path}` must be Disabled")
        )
    problems += one_of(server, "authConfig.activeDirectoryAuth", {"Enabled"})
    if stack.settings.production:
        problems += one_of(server, "authConfig.passwordAuth", {"Disabled"})
    return problems + one_of(server, "dataEncryption.type", {"AzureKeyVault"})
