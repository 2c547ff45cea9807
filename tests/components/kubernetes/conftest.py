"""A stack in a cluster as Pulumi's engine is asked for it, without a cluster."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tools.kubernetes import images, layout

from clusters import Cluster
from fairlead_components.config import read_config
from fairlead_components.provider.wire import decode
from fairlead_components.stack import build
from provisioned_stacks import Provisioned, provisioned
from storage_servers import executable, free_port, process

IMAGE = f"registry.example.org/versitygw@sha256:{'0' * 64}"
MLFLOW = f"registry.example.org/mlflow@sha256:{'1' * 64}"
POSTGRES = f"registry.example.org/postgres@sha256:{'2' * 64}"
COMPONENTS: dict[str, Any] = {
    "cluster": {"egress": {"data": ["10.0.0.0/8:443"]}, "gpu": 2},
    "identity": {"groups": {"submitter": ["ml"]}},
    "artifact_store": {"image": IMAGE},
    "secret_store": {},
    "experiment_tracker": {"image": MLFLOW, "database": {"image": POSTGRES}},
    "model_registry": {},
    "model_deployer": {"image": MLFLOW, "callers": ["shop"]},
    "container_registry": {"uri": "registry.example.org/ml", "pull_secrets": ["pull"]},
    "orchestrator": {},
    "step_operators": {
        "default": {},
        "gpu": {
            "gpu_types": {"a100": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}},
            "pods": {
                "node_selector": {"pool": "gpu"},
                "tolerations": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}],
            },
        },
    },
}


@dataclass(frozen=True)
class Declared:
    """What a stack declares: its contracts, its objects by name in the program, the requests."""

    contracts: dict[str, Any]
    objects: dict[str, Any]
    requests: dict[str, Any]


@pytest.fixture
def values() -> Callable[[dict[str, Any]], dict[str, str]]:
    """Return what makes a configuration of components."""

    def written(components: dict[str, Any]) -> dict[str, str]:
        return {"provider": "kubernetes", "components": json.dumps(components)}

    return written


@pytest.fixture
def declared(record: Callable[..., Any], values: Callable[..., Any]) -> Declared:
    """Return a whole stack."""
    manifest, recorder = record(
        lambda: build(read_config(values(COMPONENTS), "x")),
        config={"kubernetes:context": "there"},
    )
    objects = {
        key.partition(" ")[2]: decode(request.object).values
        for key, request in recorder.requests.items()
        if key.startswith("kubernetes:")
    }
    return Declared(manifest["components"], objects, recorder.requests)


@pytest.fixture(scope="session")
def versitygw_image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the cluster an image of the S3 server, built from its binary; return its name."""
    folder = tmp_path_factory.mktemp("image")
    binaries = folder / "layer/usr/local/bin"
    binaries.mkdir(parents=True)
    shutil.copy(executable("versitygw"), binaries / "versitygw")
    archive = folder / "versitygw.tar"
    images.pack([images.python_root(), folder / "layer"], "localhost/versitygw:test", archive)
    return cluster.load(archive)[0]


@pytest.fixture
def in_cluster(
    cluster: Cluster, project: Any, versitygw_image: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provisioned]:
    """Return a project for a stack in a namespace of the cluster."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with provisioned(cluster, project, versitygw_image) as stack:
        yield stack


@pytest.fixture(scope="module")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run an MLflow server at an address of this machine that pods reach too."""
    from fairlead.adapters.mlflow_client import connect

    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    connect(f"sqlite:///{folder}/mlflow.db")  # which makes it
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", layout.API_ADDRESS, "--port", str(port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    with process(command, port, "/health", folder / "log.txt", address=layout.API_ADDRESS):
        yield f"http://{layout.API_ADDRESS}:{port}"
