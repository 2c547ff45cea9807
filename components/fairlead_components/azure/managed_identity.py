"""A managed identity for each function of a stack, with what it may do in store and registry."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_azure_native.managedidentity import UserAssignedIdentity

from fairlead_components.arguments import arguments, unknown
from fairlead_components.azure.defaults import required_group, resource_id
from fairlead_components.azure.identity_rights import Holder, IdentityRights
from fairlead_components.base import Component, Wire, after
from fairlead_components.identities import ExistingIdentities
from fairlead_components.naming import physical_name
from fairlead_components.rights import FUNCTIONS

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class ManagedIdentityArgs:
    """Say who the functions of a stack are, and on what they have rights.

    Attributes:
        resource_group: The group of this environment; the store is in it too.
        location: The region; the provider's if not given.
        storage_account: The store's account; that of the stack's store if not given.
        artifact_store: The store's URL, ``abfs://container``; the stack's if not given.
        container_registry: The registry's resource id; the stack's if not given.
        groups: Function → object ids of groups of people that have its rights too.
        existing: Identities to use as they are; their rights are their owner's concern.
    """

    resource_group: Optional[pulumi.Input[str]] = None
    location: Optional[pulumi.Input[str]] = None
    storage_account: Optional[pulumi.Input[str]] = None
    artifact_store: Optional[pulumi.Input[str]] = None
    container_registry: Optional[pulumi.Input[str]] = None
    groups: Optional[dict[str, list[str]]] = None
    existing: Optional[ExistingIdentities] = None


class ManagedIdentity(Component):
    """Make an identity for each function; none has a password, and none more than it uses.

    Roles are assigned on the container and the registry, never on a group or a subscription, and
    on the container below the paths that the function reads or writes.
    """

    kind = "identity"
    flavor = "managed"
    wires = MappingProxyType(
        {
            "storage_account": Wire("artifact_store", "account_name", "blob"),
            "artifact_store": Wire("artifact_store", "url", "blob"),
            "container_registry": Wire("container_registry", "resource_id", "acr"),
        }
    )

    def __init__(
        self,
        name: str,
        args: ManagedIdentityArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(ManagedIdentityArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            self.publish(**asdict(args.existing))
            return
        group = required_group(args.resource_group, f"{type(self).__name__} {name!r}")
        ids: dict[str, pulumi.Output[str]] = {}
        holders: list[Holder] = []
        for function in FUNCTIONS:
            physical = physical_name(
                "managed_identity", pulumi.get_project(), pulumi.get_stack(), function
            )
            identity = UserAssignedIdentity(
                f"{name}-{function}",
                resource_name_=physical,
                resource_group_name=group,
                location=args.location,
                tags=self.tags(),
                opts=self.child(),
            )
            path = f"Microsoft.ManagedIdentity/userAssignedIdentities/{physical}"
            ids[function] = after(resource_id(group, path), identity)
            holders.append(Holder(function, function, identity.principal_id))
            holders += [
                Holder(function, f"{function}-group-{number}", one, group=True)
                for number, one in enumerate((args.groups or {}).get(function, ()), 1)
            ]
        rights = IdentityRights(name, self.child(), group, holders)
        if args.artifact_store is not None:
            where = pulumi.Output.from_input(args.artifact_store).apply(_split)
            container = pulumi.Output.format(
                "Microsoft.Storage/storageAccounts/{0}/blobServices/default/containers/{1}",
                args.storage_account,
                where.apply(lambda parts: parts[0]),
            )
            rights.on_store(resource_id(group, container), where.apply(lambda parts: parts[1]))
        if args.container_registry is not None:
            rights.on_registry(args.container_registry)
        self.publish(**ids)

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse functions that there are not."""
        yield from super().check(args)
        for function in args.groups or {}:
            if function not in FUNCTIONS:
                yield f"groups.{function}", unknown(function, FUNCTIONS, "function")


def _split(url: str) -> tuple[str, str]:
    """Return the container of a store's URL, and its folder in it."""
    container, _, prefix = url.partition("://")[2].partition("/")
    prefix = prefix.strip("/")
    return container.partition("@")[0], f"{prefix}/" if prefix else ""
