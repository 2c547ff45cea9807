"""Where images are pushed to and pulled from."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class ContainerRegistryContract(Contract):
    """Name a registry.

    Attributes:
        uri: ``host[:port]/path`` that image names begin with, without a scheme.
        insecure: Whether it is reached without TLS (loopback only).
    """

    uri: str
    insecure: bool = False


class OciContainerRegistryContract(ContainerRegistryContract):
    """Name any registry that speaks the OCI distribution protocol.

    Attributes:
        pull_secrets: Secrets of the stack's namespace with which the cluster pulls.
    """

    flavor: Literal["oci"] = "oci"
    pull_secrets: tuple[str, ...] = ()
