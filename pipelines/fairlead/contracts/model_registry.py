"""Where named, versioned models are kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.contracts.base import Contract
from fairlead.contracts.experiment_tracker import MlflowServer


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
        server: How the server is reached from outside the cluster that it runs in; None where
            ``registry_uri`` says all.
        credentials_secrets: Identity → the secret of the server's namespace with the keys
            ``username`` and ``password``.
    """

    flavor: Literal["mlflow"] = "mlflow"
    registry_uri: str
    artifact_location: str | None = None
    server: MlflowServer | None = None
    credentials_secrets: dict[str, str] = Field(default_factory=dict)
