"""A registry of images on Azure."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_azure_native.containerregistry import Registry

from fairlead_components.arguments import arguments
from fairlead_components.azure.access_log import access_log
from fairlead_components.azure.defaults import (
    key_url,
    required_group,
    required_key,
    resource_id,
    subscription,
)
from fairlead_components.azure.encryption import use_of_key
from fairlead_components.azure.private_endpoint import (
    Service,
    ServiceArgs,
    check_network,
    private_endpoint,
)
from fairlead_components.base import Component, Wire, after
from fairlead_components.isolation import Isolation, isolation_of
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

_UNTAGGED_DAYS = 14


@dataclass(kw_only=True)
class ExistingAcrRegistry:
    """Name a registry that is there already.

    Attributes:
        id: Its resource id: ``/subscriptions/…/registries/…``.
    """

    id: pulumi.Input[str]


@dataclass(kw_only=True)
class AcrContainerRegistryArgs(ServiceArgs):
    """Say where images are.

    Attributes:
        key: The key that encrypts them, by resource id; the stack's key if not given.
        existing: A registry to use as it is, instead of making one.
    """

    key: Optional[pulumi.Input[str]] = None
    existing: Optional[ExistingAcrRegistry] = None


class AcrContainerRegistry(Component):
    """Keep images encrypted in a registry without passwords that private endpoints lead to.

    Untagged images go after two weeks. Azure has no setting that keeps tags where they are; runs
    name images by digest, so that a moved tag changes no run.

    Example:
        A Pulumi program with nothing else::

            args = AcrContainerRegistryArgs(key=key_id, resource_group="ml-prod")
            registry = AcrContainerRegistry("images", args)
            pulumi.export("images", registry.contract)
    """

    kind = "container_registry"
    flavor = "acr"
    wires = MappingProxyType({"key": Wire("key", "resource_id", "key_vault")})

    def __init__(
        self,
        name: str,
        args: AcrContainerRegistryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(AcrContainerRegistryArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            there: pulumi.Output[str] = pulumi.Output.from_input(args.existing.id)
            self._publish(there)
            return
        who = f"{type(self).__name__} {name!r}"
        group = required_group(args.resource_group, who)
        key: pulumi.Output[str] = pulumi.Output.from_input(required_key(args.key, who))
        project, stack = pulumi.get_project(), pulumi.get_stack()
        registry_name = subscription().apply(
            lambda owner: physical_name("azure_registry", project, stack, unique=owner)
        )
        encryption = use_of_key(self, name, group, key)
        key_properties: Any = {
            "identity": encryption.identity.client_id,
            "key_identifier": key.apply(key_url),
        }
        users: Any = {
            "type": "UserAssigned",
            "user_assigned_identities": encryption.identity_id.apply(lambda one: {one: {}}),
        }
        encrypted: Any = {"status": "enabled", "key_vault_properties": key_properties}
        is_open = isolation_of(args.isolation) is Isolation.NONE
        policies: Any = {
            "retention_policy": {"status": "enabled", "days": _UNTAGGED_DAYS},
            # Azure refuses to switch exports off where the registry has a public address.
            "export_policy": {"status": "enabled" if is_open else "disabled"},
        }
        registry = Registry(
            name,
            registry_name=registry_name,
            resource_group_name=group,
            location=args.location,
            sku={"name": "Premium"},
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            public_network_access="Enabled" if is_open else "Disabled",
            network_rule_bypass_options="AzureServices",
            identity=users,
            encryption=encrypted,
            policies=policies,
            tags=self.tags(),
            opts=self.child(data=True),
        )
        service = Service("registry", registry.id, group, args.location)
        private_endpoint(self, name, service, args.subnet, args.private_dns_zone)
        access_log(self, name, registry.id, args.log_workspace)
        path = pulumi.Output.concat("Microsoft.ContainerRegistry/registries/", registry_name)
        self._publish(after(resource_id(group, path), registry))

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse isolation that nothing brings about."""
        yield from super().check(args)
        yield from check_network(args)

    def _publish(self, registry: pulumi.Output[str]) -> None:
        uri = registry.apply(lambda found: f"{found.rpartition('/')[2].lower()}.azurecr.io")
        self.publish(uri=uri, resource_id=registry)
