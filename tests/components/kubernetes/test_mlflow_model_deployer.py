"""Deployers promise how models are served, and open nothing but what is named."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config

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


@pytest.mark.parametrize(
    ("deployer", "problem"),
    [
        ({"image": "mlflow:3"}, "image: mlflow:3 must end in"),
        ({"image": IMAGE, "min_replicas": 5}, "max_replicas: must be at least min_replicas, 5"),
    ],
)
def test_mistakes_are_told(values: Any, deployer: dict[str, Any], problem: str) -> None:
    components = {"artifact_store": {"provider": "local"}, "model_deployer": deployer}
    with pytest.raises(ConfigError, match=problem):
        read_config(values(components), "x")
