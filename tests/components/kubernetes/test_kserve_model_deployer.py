"""KServe's deployer promises how models are served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config
from fairlead_components.stack import build

IMAGE = f"registry.example.org/mlflow@sha256:{'1' * 64}"


def test_kserve_is_promised_as_asked(record: Callable[..., Any], values: Any) -> None:
    deployer = {"flavor": "kserve", "image": IMAGE, "deployment_mode": "Knative", "min_replicas": 0}
    components = {"artifact_store": {"provider": "local"}, "model_deployer": deployer}
    manifest, _ = record(
        lambda: build(read_config(values(components), "x")), config={"kubernetes:context": "there"}
    )
    contract = manifest["components"]["model_deployer"]
    assert (contract["flavor"], contract["deployment_mode"]) == ("kserve", "Knative")
    assert (contract["min_replicas"], contract["max_replicas"]) == (0, 3)
    assert contract["image"] == IMAGE


@pytest.mark.parametrize(
    ("deployer", "problem"),
    [
        ({"min_replicas": 0}, "0 needs deployment_mode"),
        ({"deployment_mode": "Fast"}, "deployment_mode"),
        ({"image": "mlflow:3"}, "image: mlflow:3 must end in"),
    ],
)
def test_mistakes_are_told(values: Any, deployer: dict[str, Any], problem: str) -> None:
    given = {"flavor": "kserve", "image": IMAGE, **deployer}
    components = {"artifact_store": {"provider": "local"}, "model_deployer": given}
    with pytest.raises(ConfigError, match=problem):
        read_config(values(components), "x")
