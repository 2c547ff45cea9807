"""The MLflow adapters obey the same laws on a real MLflow server, which has no lock to offer."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow_reader import mlflow_reader

from fairlead.adapters.local.mlflow_experiment_tracker import MlflowExperimentTracker
from fairlead.adapters.local.mlflow_model_registry import MlflowModelRegistry
from fairlead.adapters.mlflow_client import connect
from fairlead.contracts.experiment_tracker import MlflowExperimentTrackerContract
from fairlead.contracts.model_registry import MlflowModelRegistryContract
from fairlead.testing.experiment_tracker import ExperimentTrackerConformance, Reader
from fairlead.testing.model_registry import ModelRegistryConformance

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(_empty_mlflow: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(_empty_mlflow, folder / "mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = (
        f"server --host 127.0.0.1 --port {port} --workers 1 "
        f"--backend-store-uri sqlite:///{folder}/mlflow/mlflow.db "
        f"--artifacts-destination {folder}/artifacts"
    )
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words.split()],
            cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, folder / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:  # its workers may linger on a busy machine
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the MLflow server did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture
def emptied(server: str) -> str:
    """Return the server's address, with nothing left that an earlier test put there."""
    client = connect(server)
    for experiment in client.search_experiments():
        if experiment.name != "Default":
            client.rename_experiment(experiment.experiment_id, f"old {experiment.experiment_id}")
            client.delete_experiment(experiment.experiment_id)
    for model in client.search_registered_models():
        client.delete_registered_model(model.name)
    return server


class TestTrackerOnAServer(ExperimentTrackerConformance):
    @pytest.fixture
    def tracker(self, emptied: str) -> MlflowExperimentTracker:
        return MlflowExperimentTracker(MlflowExperimentTrackerContract(tracking_uri=emptied))

    @pytest.fixture
    def read(self, emptied: str, tmp_path: Path) -> Reader:
        return mlflow_reader(emptied, tmp_path)


class TestRegistryOnAServer(ModelRegistryConformance):
    @pytest.fixture
    def registry(self, emptied: str) -> MlflowModelRegistry:
        return MlflowModelRegistry(MlflowModelRegistryContract(registry_uri=emptied))
