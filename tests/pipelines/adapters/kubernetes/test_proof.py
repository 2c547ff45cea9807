"""The proof: every example runs on this machine and on the cluster to the same, by the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools.kubernetes import layout

from fairlead.adapters.mlflow_client import connect
from fairlead.contracts.manifest import StackManifest
from kubernetes_stacks import ROOT, KubernetesStack
from storage_servers import free_port, process

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def _mlflow(uri: str, artifacts: str | None = None) -> dict[str, Any]:
    tracker = {"flavor": "mlflow", "tracking_uri": uri, "artifact_location": artifacts}
    return {
        "experiment_tracker": tracker,
        "model_registry": {"flavor": "mlflow", "registry_uri": uri},
    }


@pytest.fixture(scope="module")
def empty_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an empty MLflow database."""
    folder = tmp_path_factory.mktemp("mlflow")
    connect(f"sqlite:///{folder}/mlflow.db")
    return folder


@pytest.fixture(scope="module")
def mlflow_server(empty_mlflow: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run an MLflow server at an address of this machine that pods reach too."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    shutil.copytree(empty_mlflow, folder / "mlflow")
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", layout.API_ADDRESS, "--port", str(port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow/mlflow.db",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    with process(command, port, "/health", folder / "log.txt", address=layout.API_ADDRESS):
        yield f"http://{layout.API_ADDRESS}:{port}"


@pytest.mark.parametrize("example", ["palette"])
def test_an_example_is_the_same_on_local_and_on_kubernetes(
    example: str,
    kubernetes_stack: KubernetesStack,
    mlflow_server: str,
    empty_mlflow: Path,
    tmp_path: Path,
) -> None:
    database = shutil.copytree(empty_mlflow, tmp_path / "mlflow") / "mlflow.db"
    local = StackManifest.build(
        "local",
        "local",
        {
            "artifact_store": {"flavor": "local", "url": (tmp_path / "store").as_uri()},
            "orchestrator": {"flavor": "local"},
            **_mlflow(f"sqlite:///{database}", (tmp_path / "models").as_uri()),
        },
    )
    components = {**kubernetes_stack.manifest().components, **_mlflow(mlflow_server)}
    remote = StackManifest.build("kubernetes", "kubernetes", components)
    file = f"pipelines/examples/{example}.py"
    command = [sys.executable, "-m", "fairlead.cli.main", "verify", file]
    for name, manifest in (("local", local), ("kubernetes", remote)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(manifest.document()))
        command += ["--manifest", str(path)]
    done = subprocess.run(
        [*command, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={
            **os.environ, "OMP_NUM_THREADS": "1", "DO_NOT_TRACK": "1",
            "FAIRLEAD_CACHE_DIR": str(tmp_path / "cache"),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["equal"]
    assert set(found["runs"]) == {"local", "kubernetes"}
    by_aspect = {finding["aspect"] for finding in found["findings"]}
    assert by_aspect == {"graph", "states", "artifacts", "cache keys", "lineage"}
    assert not [f for f in found["findings"] if f["verdict"] != "equal"]
