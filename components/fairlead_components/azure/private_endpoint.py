"""The way into a service from one network: a private endpoint, and the name that leads to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_azure_native.network import PrivateDnsZoneGroup, PrivateEndpoint
from pulumi_azure_native.privatedns import PrivateZone, VirtualNetworkLink

from fairlead_components.base import Component
from fairlead_components.isolation import Isolation, is_vpc
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

#: Part of a service → the zone that its names are looked up in.
#: https://learn.microsoft.com/azure/private-link/private-endpoint-dns
ZONES: Mapping[str, str] = MappingProxyType(
    {
        "blob": "privatelink.blob.core.windows.net",
        "registry": "privatelink.azurecr.io",
        "vault": "privatelink.vaultcore.azure.net",
    }
)


@dataclass(kw_only=True)
class ServiceArgs:
    """Say where a service is, and who may reach it.

    Attributes:
        resource_group: The group of this environment.
        location: The region; the provider's if not given.
        isolation: How far it is cut off; as the stack is, if not given. ``vpc`` needs a subnet.
        subnet: The subnet, by resource id, that a private endpoint leads from.
        private_dns_zone: The zone of the endpoint's name, by resource id, where one is linked to
            the network already; one is made if not given.
        log_workspace: The Log Analytics workspace, by resource id, that learns who asked for what.
    """

    resource_group: Optional[pulumi.Input[str]] = None
    location: Optional[pulumi.Input[str]] = None
    isolation: Optional[Isolation] = None
    subnet: Optional[pulumi.Input[str]] = None
    private_dns_zone: Optional[pulumi.Input[str]] = None
    log_workspace: Optional[pulumi.Input[str]] = None


@dataclass(frozen=True, slots=True)
class Service:
    """Name what an endpoint leads to.

    Attributes:
        part: A key of ``ZONES``.
        id: The service's resource id.
        group: The resource group.
        location: The region; the provider's if None.
    """

    part: str
    id: pulumi.Input[str]
    group: pulumi.Input[str]
    location: pulumi.Input[str] | None


def private_endpoint(
    component: Component,
    name: str,
    service: Service,
    subnet: pulumi.Input[str] | None,
    zone: pulumi.Input[str] | None,
) -> None:
    """Lead a subnet to a service, by the service's own name; nothing without a subnet.

    Args:
        component: The component that it belongs to.
        name: The component's name.
        service: What the endpoint leads to.
        subnet: The subnet's resource id.
        zone: A private DNS zone that is linked to the network already, by its resource id; one is
            made if None.
    """
    if subnet is None:
        return
    options = component.child()
    physical = physical_name(
        "private_endpoint", pulumi.get_project(), pulumi.get_stack(), service.part
    )
    connection: Any = {
        "name": service.part,
        "private_link_service_id": service.id,
        "group_ids": [service.part],
    }
    within: Any = {"id": subnet}
    endpoint = PrivateEndpoint(
        f"{name}-endpoint",
        private_endpoint_name=physical,
        resource_group_name=service.group,
        location=service.location,
        subnet=within,
        private_link_service_connections=[connection],
        tags=component.tags(),
        opts=options,
    )
    named: Any = {"name": service.part, "private_dns_zone_id": zone}
    if zone is None:
        named["private_dns_zone_id"] = _zone(component, name, service, subnet)
    PrivateDnsZoneGroup(
        f"{name}-names",
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=service.group,
        private_dns_zone_configs=[named],
        opts=options,
    )


def _zone(
    component: Component, name: str, service: Service, subnet: pulumi.Input[str]
) -> pulumi.Output[str]:
    """Make the zone, and let the subnet's network look names up in it."""
    options = component.child()
    zone = PrivateZone(
        f"{name}-zone",
        private_zone_name=ZONES[service.part],
        resource_group_name=service.group,
        location="global",
        tags=component.tags(),
        opts=options,
    )
    network: Any = {"id": pulumi.Output.from_input(subnet).apply(network_of)}
    VirtualNetworkLink(
        f"{name}-zone-link",
        virtual_network_link_name="fairlead",
        private_zone_name=zone.name,
        resource_group_name=service.group,
        location="global",
        virtual_network=network,
        registration_enabled=False,
        tags=component.tags(),
        opts=options,
    )
    return zone.id


def network_of(subnet: str) -> str:
    """Return the resource id of a subnet's network.

    Example:
        >>> network_of("/subscriptions/s/…/virtualNetworks/ml/subnets/endpoints")
        '/subscriptions/s/…/virtualNetworks/ml'
    """
    return subnet.partition("/subnets/")[0]


def check_network(args: Any) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with how a service is to be reached.

    Args:
        args: A component's arguments, with ``isolation``, ``subnet`` and ``private_dns_zone``.
    """
    if args.subnet is None and is_vpc(args):
        yield "subnet", "missing: `isolation: vpc` lets requests in through a private endpoint only"
    if args.subnet is None and args.private_dns_zone is not None:
        yield "private_dns_zone", "names the endpoint in `subnet`, which is missing"
