"""The network that steps run in and how isolated it is."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class NetworkContract(Contract):
    """Name a network.

    Attributes:
        isolation: ``none`` leaves egress open, ``private`` has no public addresses, ``vpc`` has no
            way out but named endpoints.
        network_id: The backend's identifier.
        subnet_ids: The subnets that steps are placed in.
    """

    isolation: Literal["none", "private", "vpc"] = "private"
    network_id: str | None = None
    subnet_ids: tuple[str, ...] = ()
