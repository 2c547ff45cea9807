"""Models are registered where runs are tracked, or on a server that is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead_components.base import ComponentError
from fairlead_components.config import read_config
from fairlead_components.stack import build


def test_models_are_registered_on_the_same_server(declared: Any) -> None:
    tracker, registry = (declared.contracts[k] for k in ("experiment_tracker", "model_registry"))
    assert registry["registry_uri"] == tracker["tracking_uri"]
    assert registry["server"] == tracker["server"]
    assert registry["credentials_secrets"] == tracker["credentials_secrets"]
    assert registry["allow_pickle"] is False


def test_without_a_tracker_a_server_is_named(record: Callable[..., Any], values: Any) -> None:
    given = {"registry_uri": "https://mlflow.example.org", "allow_pickle": True}
    components = {"artifact_store": {"provider": "local"}, "model_registry": given}
    manifest, _ = record(
        lambda: build(read_config(values(components), "x")), config={"kubernetes:context": "there"}
    )
    contract = manifest["components"]["model_registry"]
    assert contract["registry_uri"] == "https://mlflow.example.org"
    assert contract["allow_pickle"] is True
    components["model_registry"] = {}
    with pytest.raises(ComponentError, match="add an experiment_tracker"):
        record(
            lambda: build(read_config(values(components), "x")),
            config={"kubernetes:context": "there"},
        )
