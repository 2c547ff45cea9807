"""An artifact store that is a container of a storage account."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_azure_native.storage import (
    BlobContainer,
    BlobContainerImmutabilityPolicy,
    PublicAccess,
)

from fairlead_components.arguments import arguments
from fairlead_components.azure.access_log import access_log
from fairlead_components.azure.blob_versions import keep_versions
from fairlead_components.azure.defaults import required_group, required_key, subscription
from fairlead_components.azure.encryption import use_of_key
from fairlead_components.azure.private_endpoint import (
    Service,
    ServiceArgs,
    check_network,
    private_endpoint,
)
from fairlead_components.azure.storage_account import closed_account
from fairlead_components.base import Component, Wire, after
from fairlead_components.isolation import is_vpc, isolation_of
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class ExistingContainer:
    """Name a container that is there already.

    Attributes:
        url: ``abfs://container``, or a folder of it.
        account_name: Its storage account.
        endpoint_url: The blob endpoint, when it is not Azure's public one.
    """

    url: pulumi.Input[str]
    account_name: pulumi.Input[str]
    endpoint_url: Optional[pulumi.Input[str]] = None


@dataclass(kw_only=True)
class BlobArtifactStoreArgs(ServiceArgs):
    """Say where artifacts and records lie.

    Attributes:
        key: The key that encrypts them, by resource id; the stack's key if not given.
        redundancy: Copies: ``Standard_ZRS``, in three zones of the region, if not given.
        allowed_ips: Addresses, or ranges of them, outside of Azure that may connect. None if not
            given: then only private endpoints lead to the account.
        immutable_days: For how long nobody, the maintainer included, can change or delete what was
            written; a week if not given, not at all for 0.
        allow_pickle: Whether artifacts whose loading executes code may be written and read.
        existing: A container to use as it is, instead of making one.
    """

    key: Optional[pulumi.Input[str]] = None
    redundancy: Optional[pulumi.Input[str]] = None
    allowed_ips: Optional[list[str]] = None
    immutable_days: Optional[int] = field(default=None, metadata={"ge": 0, "le": 146_000})
    allow_pickle: Optional[pulumi.Input[bool]] = None
    existing: Optional[ExistingContainer] = None


class BlobArtifactStore(Component):
    """Keep artifacts and records in a container without keys, without public access.

    Records are written by who may add blobs and not change them; large artifacts come in blocks,
    for which Azure asks for the right to write, so that the container's own policy keeps what was
    written from being overwritten. See ``ManagedIdentity``.

    Example:
        A Pulumi program with nothing else::

            args = BlobArtifactStoreArgs(key=key_id, resource_group="ml-prod")
            store = BlobArtifactStore("store", args)
            pulumi.export("store", store.contract)
    """

    kind = "artifact_store"
    flavor = "blob"
    beside_existing = frozenset({"allow_pickle"})
    wires = MappingProxyType({"key": Wire("key", "resource_id", "key_vault")})

    def __init__(
        self,
        name: str,
        args: BlobArtifactStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(BlobArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        allow_pickle = False if args.allow_pickle is None else args.allow_pickle
        if args.existing is not None:
            there = args.existing
            self.publish(
                url=there.url,
                account_name=there.account_name,
                endpoint_url=there.endpoint_url,
                allow_pickle=allow_pickle,
            )
            return
        who = f"{type(self).__name__} {name!r}"
        group = required_group(args.resource_group, who)
        key = required_key(args.key, who)
        project, stack = pulumi.get_project(), pulumi.get_stack()
        account_name: pulumi.Output[str] = subscription().apply(
            lambda owner: physical_name("storage_account", project, stack, unique=owner)
        )
        account = closed_account(
            self,
            name,
            account_name=account_name,
            group=group,
            location=args.location,
            redundancy=args.redundancy or "Standard_ZRS",
            isolation=isolation_of(args.isolation),
            allowed_ips=args.allowed_ips or (),
            key=key,
            encryption=use_of_key(self, name, group, key),
        )
        where: Any = {"account_name": after(account_name, account), "resource_group_name": group}
        versions = keep_versions(self, name, where)
        container = physical_name("blob_container", stack)
        made: pulumi.Resource = BlobContainer(
            name,
            container_name=container,
            public_access=PublicAccess.NONE,
            **where,
            opts=pulumi.ResourceOptions.merge(
                self.child(data=True), pulumi.ResourceOptions(depends_on=[versions])
            ),
        )
        service = Service("blob", account.id, group, args.location)
        private_endpoint(self, name, service, args.subnet, args.private_dns_zone)
        blobs: pulumi.Output[str] = pulumi.Output.concat(account.id, "/blobServices/default")
        access_log(self, name, blobs, args.log_workspace)
        days = 7 if args.immutable_days is None else args.immutable_days
        if days:
            made = BlobContainerImmutabilityPolicy(
                f"{name}-write-once",
                container_name=after(container, made),
                immutability_policy_name="default",
                immutability_period_since_creation_in_days=days,
                **where,
                opts=self.child(data=True),
            )
        self.publish(
            url=after(f"abfs://{container}", made),
            account_name=after(account_name, made),
            allow_pickle=allow_pickle,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse addresses that are everybody's, and isolation that nothing brings about."""
        yield from super().check(args)
        yield from check_network(args)
        if args.allowed_ips and is_vpc(args):
            yield "allowed_ips", "`isolation: vpc` lets requests in through `subnet` only"
        for address in args.allowed_ips or ():
            if address.startswith("0.0.0.0") or address.endswith("/0"):  # noqa: S104
                yield "allowed_ips", f"{address} is everybody; name the addresses of your network"
