"""Where metrics, parameters and figures of runs are compared."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


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
    """

    flavor: Literal["mlflow"] = "mlflow"
    tracking_uri: str
    experiment: str | None = None
    artifact_location: str | None = None
