"""Let a service use a key: an identity that may do that and nothing else."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native.authorization import RoleAssignment
from pulumi_azure_native.managedidentity import UserAssignedIdentity

from fairlead_components.azure.defaults import guid, subscription
from fairlead_components.base import Component, after
from fairlead_components.naming import physical_name

#: Key Vault Crypto Service Encryption User.
_USE = "e147488a-f6f5-4113-8e2d-b22465e65bf6"


@dataclass(frozen=True, slots=True)
class Encryption:
    """Hold the identity with which a service uses a key.

    Attributes:
        identity: The identity.
        identity_id: Its resource id, there once it may use the key.
    """

    identity: UserAssignedIdentity
    identity_id: pulumi.Output[str]


def use_of_key(
    component: Component, name: str, group: pulumi.Input[str], key: pulumi.Input[str]
) -> Encryption:
    """Make an identity that may wrap and unwrap with one key.

    It stays where the data stays: without it, what is kept could not be read.

    Args:
        component: The component that it belongs to.
        name: The component's name.
        group: The resource group.
        key: The key's resource id.
    """
    project, stack = pulumi.get_project(), pulumi.get_stack()
    identity = UserAssignedIdentity(
        f"{name}-encryption",
        resource_group_name=group,
        resource_name_=physical_name("managed_identity", project, stack, name, "key"),
        tags=component.tags(),
        opts=component.child(data=True),
    )
    granted = RoleAssignment(
        f"{name}-key",
        role_assignment_name=guid(project, stack, name, "key"),
        principal_id=identity.principal_id,
        principal_type="ServicePrincipal",
        role_definition_id=pulumi.Output.format(
            "/subscriptions/{0}/providers/Microsoft.Authorization/roleDefinitions/{1}",
            subscription(),
            _USE,
        ),
        scope=key,
        opts=component.child(data=True),
    )
    usable: pulumi.Output[str] = after(identity.id, granted)
    return Encryption(identity, usable)
