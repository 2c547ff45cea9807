"""A namespace for one stack in a cluster that is there: closed, bounded, unprivileged."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, ResourceQuota
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from fairlead_components.arguments import arguments
from fairlead_components.base import Component
from fairlead_components.kubernetes.defaults import (
    POD_SECURITY,
    check_port,
    context,
    cores,
    metadata,
    size,
)
from fairlead_components.kubernetes.network_policies import network_policies
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

_MODES = ("enforce", "audit", "warn")


@dataclass(kw_only=True)
class ExistingNamespace:
    """Name a namespace that the platform's team has made and secured.

    Attributes:
        name: The namespace.
    """

    name: pulumi.Input[str]


@dataclass(kw_only=True)
class KubernetesNamespaceArgs:
    """Say where the stack lives in its cluster, and how much of it.

    Attributes:
        name: The namespace; after project and stack if not given.
        egress: Name → networks that pods may reach, as ``network:port``: ``{"data":
            ["10.20.0.0/16:443"]}``. Pods reach nothing else beyond the namespace but DNS.
        api_server: Where runners reach the API server, as ``network:port``; ports 443 and 6443
            anywhere if not given, because a cluster does not tell its own address.
        cpu: The most cores that all pods ask for.
        memory: The most bytes that all pods ask for.
        gpu: The most accelerators that all pods ask for.
        gpu_resource: What accelerators are called on the nodes.
        pods: The most pods at a time.
        storage: The most bytes of volumes.
        existing: A namespace to use as it is, with the policies and quotas that it has.
    """

    name: Optional[pulumi.Input[str]] = None
    egress: Optional[dict[str, list[str]]] = None
    api_server: Optional[list[str]] = None
    cpu: Optional[float] = field(default=None, metadata={"gt": 0})
    memory: Optional[int] = field(default=None, metadata={"gt": 0})
    gpu: Optional[int] = field(default=None, metadata={"ge": 0})
    gpu_resource: Optional[str] = None
    pods: Optional[int] = field(default=None, metadata={"ge": 1})
    storage: Optional[int] = field(default=None, metadata={"gt": 0})
    existing: Optional[ExistingNamespace] = None


class KubernetesNamespace(Component):
    """Make a namespace that restricts its pods, closes its network and bounds what it takes.

    Network policies are promises that the cluster's network layer keeps, or does not: see
    docs/kubernetes.md.
    """

    kind = "cluster"
    flavor = "namespace"

    def __init__(
        self,
        name: str,
        args: KubernetesNamespaceArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KubernetesNamespaceArgs, args)
        super().__init__(name, args, opts)
        where = context()  # first of all: without it, nothing is made
        if args.existing is not None:
            self.publish(context=where, namespace=args.existing.name)
            return
        own = physical_name("kubernetes_label", pulumi.get_project(), pulumi.get_stack())
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in _MODES}
        labels |= {f"pod-security.kubernetes.io/{mode}-version": POD_SECURITY for mode in _MODES}
        # Deleting a namespace deletes the volumes in it: it is kept as what holds data is.
        about: Any = {**metadata(self, "namespace", labels=labels), "name": args.name or own}
        made = Namespace(
            name,
            metadata=about,
            opts=self.child(data=True),
        )
        namespace = made.metadata["name"]
        self._bound(name, args, namespace)
        self._close(name, args, namespace)
        egress = [network for networks in (args.egress or {}).values() for network in networks]
        self.publish(context=where, namespace=namespace, isolation="private", egress=egress)

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse destinations that a policy could not hold."""
        yield from super().check(args)
        for name, networks in (args.egress or {}).items():
            for network in networks:
                yield from check_port(f"egress.{name}", network)
        for network in args.api_server or ():
            yield from check_port("api_server", network)

    def _bound(self, name: str, args: KubernetesNamespaceArgs, namespace: Any) -> None:
        most = {
            "pods": str(args.pods or 500),
            "requests.cpu": cores(args.cpu or 64),
            "limits.cpu": cores(args.cpu or 64),
            "requests.memory": size(args.memory or 256 << 30),
            "limits.memory": size(args.memory or 256 << 30),
            "requests.storage": size(args.storage or 1 << 40),
            # What makes a port of the nodes or of the cloud reachable from outside.
            "services.loadbalancers": "0",
            "services.nodeports": "0",
        }
        if args.gpu is not None:
            most[f"requests.{args.gpu_resource or 'nvidia.com/gpu'}"] = str(args.gpu)
        ResourceQuota(
            f"{name}-quota",
            metadata=metadata(self, "quota", namespace),
            spec={"hard": most},
            opts=self.child(),
        )
        default: Any = {
            "type": "Container",
            "default": {"cpu": "1", "memory": "2Gi"},
            "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
        }
        LimitRange(
            f"{name}-limits",
            metadata=metadata(self, "limits", namespace),
            spec={"limits": [default]},
            opts=self.child(),
        )

    def _close(self, name: str, args: KubernetesNamespaceArgs, namespace: Any) -> None:
        policies: dict[str, Any] = network_policies(args.egress or {}, args.api_server)
        for policy, spec in policies.items():
            NetworkPolicy(
                f"{name}-{policy}",
                metadata=metadata(self, policy, namespace),
                spec=spec,
                opts=self.child(),
            )
