"""Deployers promise how models are served, and open nothing but what is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config
from fairlead_components.stack import build

IMAGE = f"registry.example.org/mlflow@sha256:{'1' * 64}"


def test_replicas_run_as_the_serving_and_callers_are_named(declared: Any) -> None:
    contract = declared.contracts["model_deployer"]
    assert contract["image"] == IMAGE
    assert contract["pods"]["service_account"] == contract["serving_identity"] == "serving"
    assert contract["pods"]["labels"] == {"fairlead-function": "serving"}
    policy = declared.objects["model-deployer-callers"]["spec"]
    (rule,) = policy["ingress"]
    (names,) = rule["from"][0]["namespaceSelector"]["matchExpressions"]
    assert names["values"] == ["shop"]
    assert rule["ports"] == [{"protocol": "TCP", "port": contract["port"]}]
    assert policy["podSelector"] == {"matchLabels": {"fairlead-function": "serving"}}


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
        ({"image": "mlflow:3"}, "image: mlflow:3 must end in"),
        ({"image": IMAGE, "min_replicas": 5}, "max_replicas: must be at least min_replicas, 5"),
        ({"flavor": "kserve", "image": IMAGE, "min_replicas": 0}, "0 needs deployment_mode"),
        ({"flavor": "kserve", "image": IMAGE, "deployment_mode": "Fast"}, "deployment_mode"),
    ],
)
def test_mistakes_are_told(values: Any, deployer: dict[str, Any], problem: str) -> None:
    components = {"artifact_store": {"provider": "local"}, "model_deployer": deployer}
    with pytest.raises(ConfigError, match=problem):
        read_config(values(components), "x")
