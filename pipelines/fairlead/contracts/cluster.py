"""A Kubernetes cluster that components are placed in."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class ClusterContract(Contract):
    """Name a cluster and how to reach it without storing a credential.

    Attributes:
        context: The kubeconfig context to use; None where the cloud's own login is used.
        server: The API server's address.
        namespace: Where this stack's objects live.
    """

    context: str | None = None
    server: str | None = None
    namespace: str


class NamespaceClusterContract(ClusterContract):
    """Name one namespace of a cluster, closed to all traffic but what is named.

    Attributes:
        isolation: ``none`` if pods may reach everything; ``private`` if only the namespace itself,
            the cluster's DNS and API server and named networks.
        egress: The networks that pods may reach, in CIDR notation.
    """

    flavor: Literal["namespace"] = "namespace"
    isolation: Literal["none", "private"] = "private"
    egress: tuple[str, ...] = ()
