"""The MLflow experiment tracker: a database and a folder of ours, or a server of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead_components.local.mlflow_experiment_tracker import (
    ExistingTracker,
    LocalMlflowExperimentTracker,
    LocalMlflowExperimentTrackerArgs,
)

Record = Callable[..., Any]
OURS = "fairlead-components:index:LocalMlflowExperimentTracker tracker"


def test_it_is_two_folders(record: Record) -> None:
    args = LocalMlflowExperimentTrackerArgs(path="/data/mlflow", experiment="digits")
    contract, recorder = record(lambda: LocalMlflowExperimentTracker("tracker", args).contract)
    assert recorder.made() == {
        OURS,
        "fairlead:index:Directory tracker",
        "fairlead:index:Directory tracker-artifacts",
    }
    assert contract == {
        "flavor": "mlflow",
        "version": "1.0",
        "tracking_uri": "sqlite:////data/mlflow/mlflow.db",
        "artifact_location": "file:///data/mlflow/artifacts",
        "experiment": "digits",
        "credentials_secrets": {},
    }


def test_a_server_that_is_there_is_named(record: Record) -> None:
    existing = ExistingTracker(tracking_uri="http://mlflow.example:5000")
    args = LocalMlflowExperimentTrackerArgs(existing=existing)
    contract, recorder = record(lambda: LocalMlflowExperimentTracker("tracker", args).contract)
    assert recorder.made() == {OURS}
    assert contract == {
        "flavor": "mlflow", "version": "1.0", "tracking_uri": "http://mlflow.example:5000",
        "credentials_secrets": {},
    }  # fmt: skip
