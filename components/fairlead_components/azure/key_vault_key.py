"""The key that encrypts a stack's data on Azure, in a vault of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import pulumi
from pulumi_azure_native.keyvault import Key, Vault

from fairlead_components.arguments import arguments
from fairlead_components.azure.access_log import access_log
from fairlead_components.azure.defaults import (
    key_url,
    required_group,
    resource_id,
    subscription,
    tenant,
)
from fairlead_components.azure.private_endpoint import (
    Service,
    ServiceArgs,
    check_network,
    private_endpoint,
)
from fairlead_components.base import Component, after
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

_RECOVERABLE_DAYS = 90


@dataclass(kw_only=True)
class ExistingVaultKey:
    """Name a key that is there already.

    Attributes:
        id: Its resource id: ``/subscriptions/…/vaults/…/keys/…``.
    """

    id: pulumi.Input[str]


@dataclass(kw_only=True)
class KeyVaultKeyArgs(ServiceArgs):
    """Say where a key is.

    Attributes:
        existing: A key to use as it is, instead of making one.
    """

    existing: Optional[ExistingVaultKey] = None


class KeyVaultKey(Component):
    """Make a vault with one key, renewed every 90 days, which nobody can purge.

    The vault has no public network: services of Azure reach it as the identities that they are
    given, and the key is made through Azure's control plane.

    Example:
        A Pulumi program with nothing else::

            key = KeyVaultKey("key", KeyVaultKeyArgs(resource_group="ml-prod"))
            pulumi.export("key", key.contract)
    """

    kind = "key"
    flavor = "key_vault"

    def __init__(
        self,
        name: str,
        args: KeyVaultKeyArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KeyVaultKeyArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            there: pulumi.Output[str] = pulumi.Output.from_input(args.existing.id)
            self.publish(key_id=there.apply(key_url), resource_id=there)
            return
        group = required_group(args.resource_group, f"{type(self).__name__} {name!r}")
        project, stack = pulumi.get_project(), pulumi.get_stack()
        vault_name: pulumi.Output[str] = subscription().apply(
            lambda owner: physical_name("key_vault", project, stack, unique=owner)
        )
        key_name = physical_name("key_vault_key", project, stack, name)
        properties: Any = {
            "tenant_id": tenant(),
            "sku": {"family": "A", "name": "standard"},
            "enable_rbac_authorization": True,
            "enable_soft_delete": True,
            "soft_delete_retention_in_days": _RECOVERABLE_DAYS,
            "enable_purge_protection": True,
            "public_network_access": "Disabled",
            "network_acls": {"bypass": "AzureServices", "default_action": "Deny"},
        }
        vault = Vault(
            f"{name}-vault",
            vault_name=vault_name,
            resource_group_name=group,
            location=args.location,
            properties=properties,
            tags=self.tags(),
            opts=self.child(data=True),
        )
        rotation: Any = {
            "attributes": {"expiry_time": "P2Y"},
            "lifetime_actions": [
                {"action": {"type": "rotate"}, "trigger": {"time_after_create": "P90D"}}
            ],
        }
        where: pulumi.Output[str] = after(vault_name, vault)
        key = Key(
            name,
            key_name=key_name,
            vault_name=where,
            resource_group_name=group,
            properties={
                "kty": "RSA",
                "key_size": 3072,
                "key_ops": ["wrapKey", "unwrapKey"],
                "rotation_policy": rotation,
            },
            tags=self.tags(),
            opts=self.child(data=True),
        )
        service = Service("vault", vault.id, group, args.location)
        private_endpoint(self, name, service, args.subnet, args.private_dns_zone)
        access_log(self, name, vault.id, args.log_workspace)
        path = pulumi.Output.format("Microsoft.KeyVault/vaults/{0}/keys/{1}", vault_name, key_name)
        made: pulumi.Output[str] = after(resource_id(group, path), key)
        self.publish(key_id=made.apply(key_url), resource_id=made)

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse isolation that nothing brings about."""
        yield from super().check(args)
        yield from check_network(args)
