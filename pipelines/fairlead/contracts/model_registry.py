"""Where named, versioned models are kept."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class ModelRegistryContract(Contract):
    """Name a model registry.

    Attributes:
        allow_pickle: Whether models whose loading executes code may be registered and loaded.
    """

    allow_pickle: bool = False


class MlflowModelRegistryContract(ModelRegistryContract):
    """Name an MLflow model registry.

    Attributes:
        registry_uri: What ``mlflow.set_registry_uri`` takes.
        artifact_location: Where the files of registered models lie; None leaves it to the server.
    """

    flavor: Literal["mlflow"] = "mlflow"
    registry_uri: str
    artifact_location: str | None = None
