"""Where images are pushed to and pulled from."""

from __future__ import annotations

from fairlead.contracts.base import Contract


class ContainerRegistryContract(Contract):
    """Name a registry.

    Attributes:
        uri: ``host[:port]/path`` that image names begin with, without a scheme.
        insecure: Whether it is reached without TLS (loopback only).
    """

    uri: str
    insecure: bool = False
