"""The model deployer obeys the law on a real API server, which checks every field.

That a model answers, and is replaced without a failed request, is proven in
tests/components/kubernetes/test_mlflow_stack.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from clusters import Cluster
from fairlead.adapters.kubernetes.mlflow_model_deployer import MlflowModelDeployer
from fairlead.contracts.model_deployer import MlflowModelDeployerContract
from fairlead.errors import CapabilityError
from fairlead.ports.model_deployer import EndpointState
from fairlead.testing.model_deployer import MODEL, ModelDeployerConformance
from kubernetes_stacks import with_registry

pytestmark = [pytest.mark.cluster]

IMAGE = f"registry.example.org/mlflow@sha256:{'1' * 64}"


class TestMlflowModelDeployer(ModelDeployerConformance):
    @pytest.fixture
    def deployer(self, serving_place: dict[str, Any]) -> MlflowModelDeployer:
        contract = {"pods": serving_place, "image": IMAGE, "min_replicas": 2}
        found: MlflowModelDeployer = with_registry(
            MlflowModelDeployer(MlflowModelDeployerContract.model_validate(contract))
        )
        return found

    def test_all_that_an_endpoint_consists_of_is_made_and_deleted(
        self, deployer: MlflowModelDeployer, serving_place: dict[str, Any], cluster: Cluster
    ) -> None:
        deployer.deploy("digits", MODEL)
        kinds = "deployments,services,horizontalpodautoscalers,poddisruptionbudgets"
        made = cluster.get("-n", serving_place["namespace"], kinds)["items"]
        assert {item["kind"] for item in made} == {
            "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget",
        }  # fmt: skip
        (deployment,) = [item for item in made if item["kind"] == "Deployment"]
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        pod = deployment["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        (fetching,), (serving,) = pod["initContainers"], pod["containers"]
        assert "tracker-serving" in str(fetching["env"])
        assert "tracker-serving" not in str(serving)
        deployer.delete("digits")
        assert cluster.get("-n", serving_place["namespace"], kinds)["items"] == []

    def test_what_hinders_it_is_told(self, deployer: MlflowModelDeployer) -> None:
        deployer.deploy("digits", MODEL)  # no node is of that pool
        for _ in range(50):
            found = deployer.status("digits")
            assert found is not None
            if found.reason:
                break
        assert "no node takes it" in found.reason
        assert found.state is EndpointState.UPDATING

    def test_a_stack_without_a_registry_serves_nothing(self, serving_place: dict[str, Any]) -> None:
        contract = MlflowModelDeployerContract.model_validate(
            {"pods": serving_place, "image": IMAGE}
        )
        with pytest.raises(CapabilityError, match="model_registry"):
            MlflowModelDeployer(contract).deploy("digits", MODEL)
