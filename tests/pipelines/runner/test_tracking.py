"""The tracker shows every run as it ended: from the cache, and with a step that was killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from fairlead import log_metrics, pipeline, step
from fairlead.adapters.mlflow_client import connect
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import RunFailedError

pytestmark = pytest.mark.slow


@step
def measure(depth: int) -> int:
    log_metrics(accuracy=0.5 + depth / 10)
    return depth


@step
def nothing() -> int:
    return 1


@step(cache=False)
def die(depth: int) -> None:
    log_metrics(loss=1.0)
    os.kill(os.getpid(), signal.SIGKILL)


@pipeline
def training(depth: int = 1) -> None:
    measure(depth)


@pipeline
def silence() -> None:
    nothing()


@pipeline
def dying(depth: int = 1) -> None:
    die(measure(depth))


@pytest.fixture
def tracked(fairlead_stack: StackManifest, tmp_path: Path) -> tuple[StackManifest, Any]:
    """Return the stack with a tracker, and a client of it."""
    uri = f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    tracker = {"flavor": "mlflow", "tracking_uri": uri}
    components = {**fairlead_stack.components, "experiment_tracker": tracker}
    return StackManifest.build("local", "local", components), connect(uri)


def runs(client: Any, name: str) -> list[Any]:
    where = client.get_experiment_by_name(name).experiment_id
    found: list[Any] = client.search_runs([where], order_by=["attributes.start_time"])
    return found


def test_runs_from_the_cache_are_compared_like_others(tracked: tuple[StackManifest, Any]) -> None:
    manifest, client = tracked
    for _ in range(2):
        training.run(manifest=manifest)
    first, second = (r for r in runs(client, "training") if r.data.tags["fairlead.role"] == "run")
    assert first.data.metrics == second.data.metrics == {"measure/accuracy": 0.6}
    assert [first.info.status, second.info.status] == ["FINISHED", "FINISHED"]
    assert "fairlead.cached" not in first.data.tags
    assert second.data.tags["fairlead.cached"] == "measure"
    # Nothing was ever logged: there is nothing to show.
    silence.run(manifest=manifest)
    silence.run(manifest=manifest)
    assert client.get_experiment_by_name("silence") is None


def test_a_killed_step_does_not_seem_to_run_for_ever(tracked: tuple[StackManifest, Any]) -> None:
    manifest, client = tracked
    with pytest.raises(RunFailedError):
        dying.run(manifest=manifest)
    states = {r.data.tags.get("fairlead.step", "run"): r.info.status for r in runs(client, "dying")}
    assert states == {"run": "FAILED", "measure": "FINISHED", "die": "FAILED"}


def test_a_tracker_that_does_not_answer_is_no_failure(
    tracked: tuple[StackManifest, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fairlead.adapters.local.mlflow_experiment_tracker import MlflowExperimentTracker
    from fairlead.errors import BackendError

    manifest, _ = tracked
    training.run(manifest=manifest)

    def refuse(*_: object) -> None:
        raise BackendError("MLflow is away")

    monkeypatch.setattr(MlflowExperimentTracker, "end_run", refuse)
    assert training.run(manifest=manifest).state == "succeeded"
