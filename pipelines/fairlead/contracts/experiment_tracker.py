"""Where metrics, parameters and figures of runs are compared."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fairlead.contracts.base import Contract


class MlflowServer(BaseModel):
    """Say how an MLflow server is reached that runs in the stack's own namespace of a cluster.

    Attributes:
        context: The kubeconfig context of the cluster; None takes the current one.
        namespace: Where the server runs.
        service: The server's service.
        port: The service's port.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    context: str | None = None
    namespace: str
    service: str
    port: int


class ExperimentTrackerContract(Contract):
    """Name a tracker.

    Attributes:
        url: Where a person opens it in a browser, if it serves pages.
    """

    url: str | None = None


class MlflowExperimentTrackerContract(ExperimentTrackerContract):
    """Name an MLflow tracking store.

    Attributes:
        tracking_uri: What ``mlflow.set_tracking_uri`` takes; credentials come from references.
        experiment: The experiment that runs are grouped under; None takes the pipeline's name.
        artifact_location: Where figures of new experiments lie; None leaves it to the server.
        server: How the server is reached from outside the cluster that it runs in, and with whose
            credentials; None where ``tracking_uri`` says all.
        credentials_secrets: Identity → the secret of the server's namespace with the keys
            ``username`` and ``password``, as ``MLFLOW_TRACKING_USERNAME`` and
            ``MLFLOW_TRACKING_PASSWORD`` take them.
    """

    flavor: Literal["mlflow"] = "mlflow"
    tracking_uri: str
    experiment: str | None = None
    artifact_location: str | None = None
    server: MlflowServer | None = None
    credentials_secrets: dict[str, str] = Field(default_factory=dict)
