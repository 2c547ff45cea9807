"""The MLflow model registry: beside the tracker's database, alone, or a server of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead_components.local.mlflow_model_registry import (
    ExistingModelRegistry,
    LocalMlflowModelRegistry,
    LocalMlflowModelRegistryArgs,
)

Record = Callable[..., Any]
OURS = "fairlead-components:index:LocalMlflowModelRegistry registry"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "sqlite:////data/models/mlflow.db"),
        ("sqlite:////data/mlflow/mlflow.db", "sqlite:////data/mlflow/mlflow.db"),
    ],
    ids=["alone", "with a tracker"],
)
def test_it_is_one_folder_and_a_database(record: Record, given: str | None, used: str) -> None:
    args = LocalMlflowModelRegistryArgs(path="/data/models", registry_uri=given)
    contract, recorder = record(lambda: LocalMlflowModelRegistry("registry", args).contract)
    assert recorder.made() == {OURS, "fairlead:index:Directory registry"}
    assert contract == {
        "flavor": "mlflow",
        "version": "1.0",
        "registry_uri": used,
        "artifact_location": "file:///data/models",
        "credentials_secrets": {},
        "allow_pickle": True,
    }


def test_a_registry_that_others_write_to_loads_no_code_unless_asked(record: Record) -> None:
    existing = ExistingModelRegistry(registry_uri="http://mlflow.example:5000")
    args = LocalMlflowModelRegistryArgs(existing=existing)
    contract, recorder = record(lambda: LocalMlflowModelRegistry("registry", args).contract)
    assert recorder.made() == {OURS}
    assert contract["allow_pickle"] is False
