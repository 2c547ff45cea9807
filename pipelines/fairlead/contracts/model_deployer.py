"""What serves a registered model."""

from __future__ import annotations

from fairlead.contracts.base import Contract


class ModelDeployerContract(Contract):
    """Name a deployer.

    Attributes:
        endpoint: The address below which deployed models answer.
        serving_identity: The identity that serving processes run as.
    """

    endpoint: str | None = None
    serving_identity: str | None = None
