"""A real MLflow server and PostgreSQL in a real cluster: tracked from pods, served, kept."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import mlflow_images
from clusters import Cluster
from fairlead.adapters.kubernetes_cluster import Cluster as Client
from fairlead.adapters.kubernetes_port_forward import forwarded
from fairlead.binding import Stack
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import BackendError
from fairlead.ports.experiment_tracker import TrackedStep
from fairlead.ports.model_deployer import Endpoint, EndpointState

pytestmark = [pytest.mark.cluster, pytest.mark.engine]

ROOT = Path(__file__).parents[3]
STACK = "kubernetes"
TRACKER = "experiment-tracker"

#: Asks for predictions without pause, and says each second how many were answered.
_CALLER = """
import json, time, urllib.request
body = json.dumps({"inputs": [[0.5] * 64]}).encode()
right, wrong = 0, []
while True:
    until = time.monotonic() + 1
    while time.monotonic() < until:
        asked = urllib.request.Request(URL, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                right += len(json.load(answer)["predictions"])
        except Exception as error:
            wrong.append(repr(error))
        time.sleep(0.05)
    print(json.dumps({"right": right, "wrong": wrong}), flush=True)
"""


@dataclass
class Provisioned:
    """A stack that is up.

    Attributes:
        project: The Pulumi project.
        cluster: Where.
        namespace: The stack's.
        image: The image with MLflow.
    """

    project: Any
    cluster: Cluster
    namespace: str
    image: str

    def stack(self) -> Stack:
        """Return the stack as who runs pipelines has it."""
        return Stack(StackManifest.model_validate(self.project.manifest(STACK)))

    def kubectl(self, *words: str, **options: Any) -> str:
        """Run kubectl in the stack's namespace."""
        return self.cluster.kubectl("-n", self.namespace, *words, **options)

    def forward(self, service: str, port: int) -> str:
        """Return an address of this machine at which a service answers."""
        port = forwarded(Client(self.cluster.context, self.namespace), service, port)
        return f"http://127.0.0.1:{port}"

    def password(self, function: str) -> str:
        """Return the password that only the function's own secret tells."""
        found = self.cluster.get("-n", self.namespace, "secret", f"{TRACKER}-{function}")
        return base64.b64decode(found["data"]["password"]).decode()


@pytest.fixture
def provisioned(
    cluster: Cluster,
    project: Any,
    versitygw_image: str,
    steps_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Provisioned]:
    mlflow = cluster.load(mlflow_images.mlflow_archive())[0]
    postgres = cluster.load(mlflow_images.postgres_archive())[0]
    namespace = f"test-{secrets.token_hex(4)}"
    environment = {**cluster.environment, **project.env, "KUBECONFIG": str(cluster.kubeconfig)}
    environment["PATH"] = f"{ROOT / 'tools/kubernetes/plugin'}:{project.env['PATH']}"
    environment["FAIRLEAD_TEST_PYTHON"] = sys.executable
    project.env = environment
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    document = yaml.safe_load((ROOT / "stacks/Pulumi.kubernetes.yaml").read_text())
    document["config"]["kubernetes:context"] = cluster.context
    small = {"size": 64 << 20, "cpu": 0.1}
    document["config"]["fairlead:components"] |= {
        "cluster": {"name": namespace},
        "artifact_store": {"image": versitygw_image, **small},
        "experiment_tracker": {
            "image": mlflow, "size": 64 << 20, "cpu": 1, "database": {"image": postgres, **small},
        },
        "model_deployer": {"image": mlflow, "cpu": 0.3, "memory": 1 << 30, "max_replicas": 2},
        "orchestrator": {"image": steps_image, "cpu": 0.1, "memory": 512 << 20},
        "step_operators": {"default": {"image": steps_image, "cpu": 0.4, "memory": 1 << 30}},
    }  # fmt: skip
    project.folder.joinpath(f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(document))
    project.pulumi("stack", "init", STACK)
    assert set(project.update("up", STACK)) == {"create"}
    yield Provisioned(project, cluster, namespace, mlflow)
    cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


def test_models_are_tracked_from_pods_kept_and_served(
    provisioned: Provisioned,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert set(provisioned.project.update("up", STACK)) == {"same"}
    refuse_strangers(provisioned)
    hide_passwords(provisioned)
    run_in_pods(provisioned, tmp_path_factory.mktemp("run"))
    tracked_alike(provisioned, monkeypatch)

    # Neither of the two pods holds anything.
    provisioned.kubectl("delete", "pod", "-l", f"app.kubernetes.io/name={TRACKER}")
    provisioned.kubectl("delete", "pod", f"{TRACKER}-database-0")
    for what in (f"statefulset/{TRACKER}-database", f"deployment/{TRACKER}"):
        provisioned.kubectl("rollout", "status", what, "--timeout=180s")
    tracked_alike(provisioned, monkeypatch)

    serve(provisioned, monkeypatch)

    # Destroyed, records and files stay, and the next stack takes them up.
    project = provisioned.project
    project.pulumi("state", "unprotect", "--all", "--yes", "-s", STACK)
    project.update("destroy", STACK)
    assert project.resources(STACK) == []
    claims = provisioned.cluster.get("-n", provisioned.namespace, "persistentvolumeclaims")
    kept = {item["metadata"]["name"] for item in claims["items"]}
    assert {f"{TRACKER}-artifacts", f"data-{TRACKER}-database-0"} <= kept
    project.update("up", STACK)
    tracked_alike(provisioned, monkeypatch)


def asked(address: str, path: str, who: str = "", password: str = "") -> int:
    """Return the status that the server answers with."""
    request = urllib.request.Request(f"{address}/{path}")
    if who:
        token = base64.b64encode(f"{who}:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def refuse_strangers(provisioned: Provisioned) -> None:
    """Prove that nobody gets anything without the password of an account."""
    address = provisioned.forward(TRACKER, 5000)
    experiments = "api/2.0/mlflow/experiments/search?max_results=1"
    files = "api/2.0/mlflow-artifacts/artifacts"
    for path in (experiments, files, "api/2.0/mlflow/users/get?username=admin"):
        assert asked(address, path) == 401
        assert asked(address, path, "step", "wrong") == 401
        assert asked(address, path, "admin", "password1234") == 401
    assert asked(address, experiments, "reader", provisioned.password("reader")) == 200
    other = provisioned.password("step")
    assert asked(address, experiments, "reader", other) == 401
    # An account sees what it may itself, and not what others may.
    users = "api/2.0/mlflow/users/get?username="
    assert asked(address, f"{users}step", "step", other) == 200
    assert asked(address, f"{users}maintainer", "step", other) == 403


def hide_passwords(provisioned: Provisioned) -> None:
    """Prove that no password is in a specification, a setting or a log."""
    hidden = {provisioned.password(who) for who in ("step", "reader", "submitter")}
    for name, keys in ((f"{TRACKER}-database", ["password"]), (f"{TRACKER}-accounts", ["admin"])):
        data = provisioned.cluster.get("-n", provisioned.namespace, "secret", name)["data"]
        hidden |= {base64.b64decode(data[key]).decode() for key in keys}
    kinds = "pods,deployments,statefulsets,configmaps,services,events"
    seen = provisioned.kubectl("get", kinds, "-o", "json")
    pods = provisioned.cluster.get("-n", provisioned.namespace, "pods")["items"]
    for pod in pods:
        name = pod["metadata"]["name"]
        if name.startswith(TRACKER):
            seen += provisioned.kubectl("logs", name, "--all-containers")
    assert not [1 for password in hidden if password in seen]
    assert all(
        "volumes" not in pod["spec"]
        or not any("serviceAccountToken" in str(volume) for volume in pod["spec"]["volumes"])
        for pod in pods
    )


def become(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a function's account from now on, and none once the test is over."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")  # so that what the adapter sets is taken back
        monkeypatch.delenv(name)
    monkeypatch.setenv("FAIRLEAD_IDENTITY", function)


def run_in_pods(provisioned: Provisioned, folder: Path) -> None:
    """Run the pipeline in the cluster, as a person with a kubeconfig does."""
    place = folder / "code"
    place.mkdir()
    shutil.copy(Path(__file__).with_name("fitting.py"), place)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(provisioned.project.manifest(STACK)))
    command = ["run", "fitting.py", "--manifest", str(manifest)]
    done = subprocess.run(
        [sys.executable, "-m", "fairlead.cli.main", *command],
        cwd=place, capture_output=True, text=True, check=False, timeout=400,
        env={**os.environ, "FAIRLEAD_CACHE_DIR": str(folder / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def tracked_alike(provisioned: Provisioned, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prove that a reader finds what the steps logged, and may change nothing."""
    from fairlead.adapters.mlflow_client import connect

    become("reader", monkeypatch)
    stack = provisioned.stack()
    champion = stack.adapter("model_registry").get("digits", "champion")
    assert champion.version == "1"
    assert champion.source.endswith("/fit/model")
    assert hasattr(stack.adapter("model_registry").load("digits", "1"), "predict")
    client = connect(provisioned.forward(TRACKER, 5000))
    experiment = client.get_experiment_by_name("training")
    (run,) = client.search_runs(
        [experiment.experiment_id], "tags.`fairlead.role` = 'run'", max_results=10
    )
    assert run.info.status == "FINISHED"
    assert run.data.metrics["fit/accuracy"] > 0.85
    (attempt,) = client.search_runs(
        [experiment.experiment_id], "tags.`fairlead.step` = 'fit'", max_results=10
    )
    (figure,) = client.list_artifacts(attempt.info.run_id, "figures")
    assert figure.path == "figures/weights.png"
    tracker = stack.adapter("experiment_tracker")
    source = TrackedStep(run.data.tags["fairlead.run"], "training", "mine", 1, {}, {})
    with pytest.raises(BackendError, match=r"(?i)permission"):
        tracker.log_metrics(source, {"x": 1.0}, at=None)


def serve(provisioned: Provisioned, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prove that a registered model answers, is replaced without a failure, and goes."""
    become("step", monkeypatch)  # who registers; deploying reads
    stack = provisioned.stack()
    registry, deployer = stack.adapter("model_registry"), stack.adapter("model_deployer")
    champion = registry.get("digits", "champion")
    deployer.deploy("digits", champion)
    found = ready(deployer, "digits")
    assert (found.model, found.version) == ("digits", "1")
    assert found.url == f"http://digits.{provisioned.namespace}.svc:8080/invocations"
    scaled = provisioned.cluster.get("-n", provisioned.namespace, "hpa", "digits")
    assert (scaled["spec"]["minReplicas"], scaled["spec"]["maxReplicas"]) == (1, 2)

    from sklearn.datasets import load_digits

    model = registry.load("digits", "1")
    scans = (load_digits().data[:5] / 16).tolist()
    body = json.dumps({"inputs": scans}).encode()
    address = f"{provisioned.forward('digits', 8080)}/invocations"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["predictions"] == model.predict(scans).tolist()

    # The next version, while somebody keeps asking.
    provisioned.kubectl("apply", "-f", "-", document=caller(provisioned, found.url))
    provisioned.kubectl("wait", "pod/caller", "--for=condition=Ready", "--timeout=60s")
    second = registry.register(
        "digits", model, source=champion.source.replace("/fit/", "/refit/"), digest=champion.digest
    )
    deployer.deploy("digits", second)
    assert ready(deployer, "digits").version == "2"
    gone = time.monotonic() + 60
    while len(served(provisioned)) > 1 and time.monotonic() < gone:
        time.sleep(1)
    told = json.loads(provisioned.kubectl("logs", "caller", "--tail=1"))
    assert told["wrong"] == []
    assert told["right"] > 20
    provisioned.kubectl("delete", "pod", "caller", "--grace-period=1", "--wait=false")

    for pod in served(provisioned):
        (container,) = pod["spec"]["containers"]
        assert not [item for item in container["env"] if "PASSWORD" in item["name"]]
        assert pod["spec"]["automountServiceAccountToken"] is False
    deployer.delete("digits")
    deployer.delete("digits")
    assert deployer.status("digits") is None


def served(provisioned: Provisioned) -> list[dict[str, Any]]:
    chosen = ("pods", "-l", "fairlead/endpoint=digits")
    found: list[dict[str, Any]] = provisioned.cluster.get("-n", provisioned.namespace, *chosen)[
        "items"
    ]
    return found


def ready(deployer: Any, name: str) -> Endpoint:
    until = time.monotonic() + 240
    while (found := deployer.status(name)).state is EndpointState.UPDATING:
        assert time.monotonic() < until, found
        time.sleep(1)
    assert found.state is EndpointState.READY, found
    result: Endpoint = found
    return result


def caller(provisioned: Provisioned, url: str) -> dict[str, Any]:
    """Return a pod that asks for predictions, as any other of the namespace may."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "caller", "labels": {"fairlead-function": "step"}},
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True, "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "caller", "image": provisioned.image, "securityContext": security,
                "command": ["python3", "-c", f"URL = {url!r}\n{_CALLER}"],
                "resources": {"limits": {"cpu": "50m", "memory": "128Mi"}},
            }],
        },
    }  # fmt: skip
