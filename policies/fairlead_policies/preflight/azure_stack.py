"""The managed identities of a stack on Azure with every role that is assigned to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead_policies.preflight import azure
from fairlead_policies.preflight.azure import Assignment, Request, Role
from fairlead_policies.preflight.azure_roles import BUILT_IN
from fairlead_policies.preflight.decision import Decision, Grant
from fairlead_policies.preflight.evaluator import Call, Principal
from fairlead_policies.preflight.wildcards import matches
from fairlead_policies.resource import UNKNOWN, Resource, Unknown, lookup
from fairlead_policies.stack import Stack

IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
DEFINITION = "azure-native:authorization:RoleDefinition"
_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"

#: What touches contents rather than resources.
_DATA = ("microsoft.storage/storageaccounts/blobservices/containers/blobs/*",
         "microsoft.keyvault/vaults/secrets/*", "microsoft.keyvault/vaults/keys/*")  # fmt: skip

#: Resources that roles are assigned on → their own type in an id, and the property of their name.
_SCOPES = {
    "azure-native:storage:StorageAccount": ("storageAccounts", "accountName"),
    "azure-native:containerregistry:Registry": ("registries", "registryName"),
    "azure-native:keyvault:Vault": ("vaults", "vaultName"),
    IDENTITY: ("userAssignedIdentities", "resourceName"),
}
_BLOB_CONTAINER = "azure-native:storage:BlobContainer"


class AzureStack:
    """Answer for Azure; see ``Evaluator``.

    Args:
        stack: The stack's resources.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._assignments = tuple(self._read())

    def principal(self, reference: str, contract: Mapping[str, Any]) -> Principal | None:
        """Return the managed identity whose id or name a reference is."""
        del contract
        name = reference.rpartition("/")[2].lower()
        for one in self._stack.of(IDENTITY):
            known = one.get("resourceName")
            if isinstance(known, str) and known.lower() == name:
                return Principal(one.urn, one.urn)
        return None

    def decide(self, principal: Principal, one: Call) -> Decision:
        """Return whether a call is allowed."""
        data = any(matches(pattern, one.action.lower()) for pattern in _DATA)
        operation = one.context.get("suboperation") or ""
        request = Request(
            principal.name, one.action, one.resource, data, operation, _attributes(one)
        )
        return azure.decide(request, self._assignments)

    def grants(self, principal: Principal) -> Sequence[Grant]:
        """Return what roles give to the identity."""
        return list(azure.grants(principal.name, self._assignments))

    def exercises(self, one: Call, grant: Grant) -> bool:
        """Return whether a call makes use of a grant."""
        if not matches(grant.action.lower(), one.action.lower()):
            return False
        return grant.resource == "*" or azure.below(grant.resource, one.resource) is not False

    def exceeds(self, calls: Sequence[Call], grant: Grant) -> bool:
        """Return whether a grant is on a whole group or subscription."""
        del calls
        return grant.resource.startswith("/") and "/providers/" not in grant.resource

    def trusts(self, principal: Principal, one: Call) -> None:
        """Leave it to the permission to assign the identity: it is all that there is."""
        del principal, one

    def _read(self) -> Iterator[Assignment]:
        for one in self._stack.of(ASSIGNMENT):
            owners = self._stack.sources(one, "principalId", IDENTITY)
            who = owners[0].urn if len(owners) == 1 else one.get("principalId")
            condition = one.get("condition")
            yield Assignment(who, self._role(one), self._scope(one), condition or "")

    def _role(self, one: Resource) -> Role | Unknown:
        custom = self._stack.sources(one, "roleDefinitionId", DEFINITION)
        if len(custom) == 1:
            return _custom(custom[0])
        given = one.get("roleDefinitionId")
        if not isinstance(given, str):
            return UNKNOWN
        return BUILT_IN.get(given.rpartition("/")[2].lower(), UNKNOWN)

    def _scope(self, one: Resource) -> str | Unknown:
        """Return a scope; what is not known yet follows from the resource that it comes from."""
        given = one.get("scope")
        if isinstance(given, str):
            return given
        for container in self._stack.sources(one, "scope", _BLOB_CONTAINER):
            accounts = self._stack.sources(
                container, "accountName", "azure-native:storage:StorageAccount"
            )
            account = container.get("accountName")
            if account is UNKNOWN and len(accounts) == 1:
                account = accounts[0].get("accountName")
            name = container.get("containerName")
            if isinstance(account, str) and isinstance(name, str):
                return f"storageAccounts/{account}/blobServices/default/containers/{name}"
        for type_, (kind, name) in _SCOPES.items():
            sources = self._stack.sources(one, "scope", type_)
            if len(sources) == 1 and isinstance(known := sources[0].get(name), str):
                return f"{kind}/{known}"
        return UNKNOWN


def _custom(definition: Resource) -> Role:
    """Return the role that a definition of the stack defines."""
    found: dict[str, list[Any]] = {}
    for permission in definition.each("permissions"):
        for name in ("actions", "notActions", "dataActions", "notDataActions"):
            value = lookup(permission, name)
            listed = [UNKNOWN] if value is UNKNOWN else list(value or ())
            found[name] = [*found.get(name, ()), *listed]
    title = definition.get("roleName")
    return Role(
        title if isinstance(title, str) else definition.name,
        tuple(found.get("actions", ())),
        tuple(found.get("notActions", ())),
        tuple(found.get("dataActions", ())),
        tuple(found.get("notDataActions", ())),
    )


def _attributes(one: Call) -> dict[str, str]:
    """Return what conditions may ask of a call on a container or blob."""
    account, _, rest = one.resource.partition("/blobServices/default/containers/")
    container, _, path = rest.partition("/blobs/")
    found = {
        "@Resource[Microsoft.Storage/storageAccounts:name]": account.rpartition("/")[2],
        f"@Resource[{_CONTAINER}:name]": container,
    }
    if path:
        found[f"@Resource[{_CONTAINER}/blobs:path]"] = path
    if prefix := one.context.get("prefix"):
        found[f"@Request[{_CONTAINER}/blobs:prefix]"] = prefix
    return found
