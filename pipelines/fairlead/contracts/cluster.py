"""A Kubernetes cluster that components are placed in."""

from __future__ import annotations

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
