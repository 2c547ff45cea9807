"""The MLflow tracker obeys the law of all trackers, on the real MLflow over SQLite."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow_reader import mlflow_reader

from fairlead.adapters.local.mlflow_experiment_tracker import MlflowExperimentTracker
from fairlead.adapters.mlflow_client import connect
from fairlead.contracts.experiment_tracker import MlflowExperimentTrackerContract
from fairlead.errors import BackendError, MissingExtraError
from fairlead.testing.experiment_tracker import (
    RUN,
    ExperimentTrackerConformance,
    Reader,
    tracked,
)


def contract(uri: str, tmp_path: Path) -> MlflowExperimentTrackerContract:
    return MlflowExperimentTrackerContract(
        tracking_uri=uri, artifact_location=f"file://{tmp_path}/figures"
    )


class TestMlflowExperimentTracker(ExperimentTrackerConformance):
    @pytest.fixture
    def tracker(self, mlflow_uri: str, tmp_path: Path) -> MlflowExperimentTracker:
        return MlflowExperimentTracker(contract(mlflow_uri, tmp_path))

    @pytest.fixture
    def read(self, mlflow_uri: str, tmp_path: Path) -> Reader:
        return mlflow_reader(mlflow_uri, tmp_path)


WORKER = """
import sys
from pathlib import Path
from fairlead.adapters.local.mlflow_experiment_tracker import MlflowExperimentTracker
from fairlead.contracts.experiment_tracker import MlflowExperimentTrackerContract
from fairlead.testing.experiment_tracker import tracked
contract = MlflowExperimentTrackerContract.model_validate_json(sys.argv[1])
tracker = MlflowExperimentTracker(contract)
step = tracked(f"train[{sys.argv[2]}]")
for at in range(10):
    tracker.log_metrics(step, {"loss": 1 / (at + 1)}, at=at)
tracker.close(step, succeeded=True)
"""


@pytest.mark.slow
def test_processes_that_find_no_database_make_one_and_one_run(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/new/mlflow.db"
    text = contract(uri, tmp_path).model_dump_json()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, text, str(number)], cwd=tmp_path, stderr=subprocess.PIPE
        )
        for number in range(3)
    ]
    for process in started:
        _, errors = process.communicate(timeout=180)
        assert process.returncode == 0, errors.decode()
    run = mlflow_reader(uri, tmp_path)("training", RUN)
    assert {a.step for a in run.attempts} == {"train[0]", "train[1]", "train[2]"}
    assert [len(a.history["loss"]) for a in run.attempts] == [10, 10, 10]
    database = sqlite3.connect(tmp_path / "new/mlflow.db")
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert not (tmp_path / "mlruns").exists()


def test_mlflow_is_imported_at_first_use_and_without_telemetry(tmp_path: Path) -> None:
    code = """
import os, sys
from fairlead.adapters.local.mlflow_experiment_tracker import MlflowExperimentTracker
from fairlead.contracts.experiment_tracker import MlflowExperimentTrackerContract
from fairlead.testing.experiment_tracker import tracked
uri = f"sqlite:///{sys.argv[1]}/mlflow.db"
tracker = MlflowExperimentTracker(MlflowExperimentTrackerContract(tracking_uri=uri))
tracker.close(tracked(), succeeded=True)
assert "mlflow" not in sys.modules
class NoMlflow:
    def find_spec(self, name, path=None, target=None):
        if name == "mlflow":
            assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == os.environ["DO_NOT_TRACK"] == "true"
            raise ModuleNotFoundError("No module named 'mlflow'", name="mlflow")
sys.meta_path.insert(0, NoMlflow())
tracker.log_metrics(tracked(), {"x": 1}, at=None)
"""
    clean = {
        k: v for k, v in os.environ.items() if k not in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env=clean,
        check=False,
    )
    assert done.stderr.strip().endswith("`pip install 'fairlead[mlflow]'`."), done.stderr
    assert MissingExtraError.__name__ in done.stderr


def test_a_deleted_experiment_is_named_with_its_cure(mlflow_uri: str, tmp_path: Path) -> None:
    client = connect(mlflow_uri)
    client.delete_experiment(client.create_experiment("training"))
    tracker = MlflowExperimentTracker(contract(mlflow_uri, tmp_path))
    with pytest.raises(BackendError, match=r"'training' was deleted.*experiments restore"):
        tracker.log_metrics(tracked(), {"x": 1}, at=None)


def test_a_second_run_above_an_attempt_is_settled_to_one(mlflow_uri: str, tmp_path: Path) -> None:
    """A server has no lock: two steps that began together made a run each."""
    first = MlflowExperimentTracker(contract(mlflow_uri, tmp_path))
    second = MlflowExperimentTracker(contract(mlflow_uri, tmp_path))
    client = connect(mlflow_uri)
    first.log_metrics(tracked("a"), {"x": 1}, at=None)
    experiment = client.get_experiment_by_name("training").experiment_id
    [one] = client.search_runs([experiment], "tags.`fairlead.role` = 'run'")
    tags = {name: one.data.tags[name] for name in ("fairlead.run", "fairlead.role", "team")}
    other = client.create_run(experiment, tags=tags).info.run_id
    second.log_metrics(tracked("b"), {"x": 2}, at=None)
    [attempt] = client.search_runs([experiment], "tags.`fairlead.step` = 'b'")
    client.set_tag(attempt.info.run_id, "mlflow.parentRunId", max(other, one.info.run_id))
    first.close(tracked("a"), succeeded=True)
    second.close(tracked("b"), succeeded=True)
    run = mlflow_reader(mlflow_uri, tmp_path)("training", RUN)
    assert {a.step for a in run.attempts} == {"a", "b"}
