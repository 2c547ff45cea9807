"""Both model deployers obey the same law on a real API server, which checks every field.

KServe's own definitions are the real ones; its controller does not run here, so that nothing is
served through it: tests/components/kubernetes/test_mlflow_stack.py serves through the other.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clusters import Cluster
from fairlead.adapters.kubernetes.kserve_model_deployer import KserveModelDeployer
from fairlead.adapters.kubernetes.mlflow_model_deployer import MlflowModelDeployer
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.model_deployer import (
    KserveModelDeployerContract,
    MlflowModelDeployerContract,
)
from fairlead.errors import BackendError, CapabilityError
from fairlead.ports.model_deployer import EndpointState
from fairlead.testing.model_deployer import MODEL, ModelDeployerConformance

pytestmark = [pytest.mark.cluster]

IMAGE = f"registry.example.org/mlflow@sha256:{'1' * 64}"
KSERVE = "github.com/kserve/kserve@v0.16.0"


@pytest.fixture
def place(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Yield where pods are made: a namespace of the restricted standard, with the identity."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with cluster.namespace() as namespace:
        enforced = "pod-security.kubernetes.io/enforce=restricted"
        cluster.kubectl("label", "namespace", namespace, enforced)
        cluster.kubectl("-n", namespace, "create", "serviceaccount", "serving")
        yield {
            "context": cluster.context,
            "namespace": namespace,
            "service_account": "serving",
            "labels": {"fairlead-function": "serving"},
            "node_selector": {"pool": "serving"},
            "tolerations": [{"key": "serving"}],
            "image_pull_secrets": ["pull"],
        }


@pytest.fixture(scope="session")
def kserve(cluster: Cluster) -> Iterator[None]:
    """Teach the cluster KServe's kinds, from the definitions that KServe publishes."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("KServe's definitions come with its Go module, and go is not on PATH")
    told = subprocess.run(
        [go, "mod", "download", "-json", KSERVE],
        capture_output=True, text=True, check=False, cwd=os.sep,
        env={**os.environ, "GOFLAGS": "-mod=mod", "GOWORK": "off"},
    )  # fmt: skip
    if told.returncode:
        pytest.skip(f"{KSERVE} cannot be had here: {told.stdout[-500:]}")
    name = "serving.kserve.io_inferenceservices.yaml"
    file = Path(json.loads(told.stdout)["Dir"], "config/crd/full", name)
    cluster.kubectl("apply", "--server-side", "-f", str(file))
    crd = "customresourcedefinition/inferenceservices.serving.kserve.io"
    until = time.monotonic() + 60  # `kubectl wait` trips over a definition without conditions
    while "items" not in cluster.kubectl("get", "inferenceservices", "-o", "json", check=False):
        assert time.monotonic() < until
        time.sleep(0.5)
    yield
    cluster.kubectl("delete", crd, "--wait=false")


def bound(deployer: Any) -> Any:
    """Give a deployer the registry of its stack."""
    registry = {
        "flavor": "mlflow",
        "registry_uri": "http://tracker:5000",
        "credentials_secrets": {"serving": "tracker-serving"},
    }
    store = {"flavor": "local", "url": "file:///tmp/none"}
    components = {"artifact_store": store, "model_registry": registry}
    deployer.bind(StackManifest.build("k", "kubernetes", components))
    return deployer


class TestMlflow(ModelDeployerConformance):
    @pytest.fixture
    def deployer(self, place: dict[str, Any]) -> MlflowModelDeployer:
        contract = {"pods": place, "image": IMAGE, "min_replicas": 2}
        found: MlflowModelDeployer = bound(
            MlflowModelDeployer(MlflowModelDeployerContract.model_validate(contract))
        )
        return found

    def test_all_that_an_endpoint_consists_of_is_made_and_deleted(
        self, deployer: MlflowModelDeployer, place: dict[str, Any], cluster: Cluster
    ) -> None:
        deployer.deploy("digits", MODEL)
        kinds = "deployments,services,horizontalpodautoscalers,poddisruptionbudgets"
        made = cluster.get("-n", place["namespace"], kinds)["items"]
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
        assert cluster.get("-n", place["namespace"], kinds)["items"] == []

    def test_what_hinders_it_is_told(self, deployer: MlflowModelDeployer) -> None:
        deployer.deploy("digits", MODEL)  # no node is of that pool
        for _ in range(50):
            found = deployer.status("digits")
            assert found is not None
            if found.reason:
                break
        assert "no node takes it" in found.reason
        assert found.state is EndpointState.UPDATING

    def test_a_stack_without_a_registry_serves_nothing(self, place: dict[str, Any]) -> None:
        contract = MlflowModelDeployerContract.model_validate({"pods": place, "image": IMAGE})
        with pytest.raises(CapabilityError, match="model_registry"):
            MlflowModelDeployer(contract).deploy("digits", MODEL)


@pytest.mark.usefixtures("kserve")
class TestKserve(ModelDeployerConformance):
    @pytest.fixture
    def deployer(self, place: dict[str, Any]) -> KserveModelDeployer:
        contract = {"pods": place, "image": IMAGE, "runtime": "kserve-mlserver"}
        found: KserveModelDeployer = bound(
            KserveModelDeployer(KserveModelDeployerContract.model_validate(contract))
        )
        return found

    def test_what_kserve_says_is_told(
        self, deployer: KserveModelDeployer, place: dict[str, Any], cluster: Cluster
    ) -> None:
        deployer.deploy("digits", MODEL)
        live = cluster.get("-n", place["namespace"], "inferenceservice", "digits")
        predictor = live["spec"]["predictor"]
        assert predictor["model"]["modelFormat"] == {"name": "mlflow"}
        assert predictor["model"]["runtime"] == "kserve-mlserver"
        assert "tracker-serving" in str(predictor["initContainers"])
        assert live["metadata"]["labels"]["networking.kserve.io/visibility"] == "cluster-local"
        # As its controller writes it.
        where = {"url": f"http://digits-predictor.{place['namespace']}.svc.cluster.local"}
        ready = [{"type": "Ready", "status": "True"}]
        status = {"observedGeneration": live["metadata"]["generation"], "conditions": ready}
        patch = json.dumps({"status": {**status, "address": where}})
        told = ("-n", place["namespace"], "patch", "inferenceservice", "digits", "--type=merge")
        cluster.kubectl(*told, "--subresource=status", "-p", patch)
        found = deployer.status("digits")
        assert found is not None
        assert found.state is EndpointState.READY
        assert found.url == f"{where['url']}/v2/models/digits/infer"

    def test_a_field_that_kserve_does_not_have_is_refused(
        self, deployer: KserveModelDeployer
    ) -> None:
        document = deployer._service("digits", MODEL)
        document["spec"]["predictor"]["replicas"] = 3
        with pytest.raises(BackendError, match="replicas"):
            deployer._objects.apply("inference_service", document)
