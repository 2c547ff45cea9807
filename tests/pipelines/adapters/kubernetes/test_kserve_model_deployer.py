"""The model deployer obeys the law on a real API server with KServe's real definitions.

KServe's controller does not run here, so nothing is served through it.
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
from fairlead.contracts.model_deployer import KserveModelDeployerContract
from fairlead.errors import BackendError
from fairlead.ports.model_deployer import EndpointState
from fairlead.testing.model_deployer import MODEL, ModelDeployerConformance
from kubernetes_stacks import with_registry

pytestmark = [pytest.mark.cluster]

IMAGE = f"registry.example.org/mlflow@sha256:{'1' * 64}"
KSERVE = "github.com/kserve/kserve@v0.16.0"


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
    # A new kind is served a little later than it is listed, and `kubectl wait` trips over that.
    metadata = {"name": "probe", "namespace": "default"}
    probe = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
             "metadata": metadata, "spec": {"predictor": {}}}  # fmt: skip
    tried = ("apply", "--server-side", "--dry-run=server", "-o", "name", "-f", "-")
    until, taken = time.monotonic() + 60, 0
    while taken < 3:
        assert time.monotonic() < until
        taken = taken + 1 if cluster.kubectl(*tried, document=probe, check=False) else 0
        time.sleep(1)
    yield
    cluster.kubectl("delete", crd, "--wait=false")


@pytest.mark.usefixtures("kserve")
class TestKserveModelDeployer(ModelDeployerConformance):
    @pytest.fixture
    def deployer(self, serving_place: dict[str, Any]) -> KserveModelDeployer:
        contract = {"pods": serving_place, "image": IMAGE, "runtime": "kserve-mlserver"}
        found: KserveModelDeployer = with_registry(
            KserveModelDeployer(KserveModelDeployerContract.model_validate(contract))
        )
        return found

    def test_what_kserve_says_is_told(
        self, deployer: KserveModelDeployer, serving_place: dict[str, Any], cluster: Cluster
    ) -> None:
        deployer.deploy("digits", MODEL)
        live = cluster.get("-n", serving_place["namespace"], "inferenceservice", "digits")
        predictor = live["spec"]["predictor"]
        assert predictor["model"]["modelFormat"] == {"name": "mlflow"}
        assert predictor["model"]["runtime"] == "kserve-mlserver"
        assert "tracker-serving" in str(predictor["initContainers"])
        assert live["metadata"]["labels"]["networking.kserve.io/visibility"] == "cluster-local"
        # As its controller writes it.
        where = {"url": f"http://digits-predictor.{serving_place['namespace']}.svc.cluster.local"}
        ready = [{"type": "Ready", "status": "True"}]
        status = {"observedGeneration": live["metadata"]["generation"], "conditions": ready}
        patch = json.dumps({"status": {**status, "address": where}})
        told = (
            "-n",
            serving_place["namespace"],
            "patch",
            "inferenceservice",
            "digits",
            "--type=merge",
        )
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
