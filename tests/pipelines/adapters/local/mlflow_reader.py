"""Read all that an MLflow store holds of a run, for the trackers' conformance suite."""

from __future__ import annotations

from pathlib import Path

from fairlead.adapters.mlflow_client import connect
from fairlead.testing.experiment_tracker import Reader, TrackedAttempt, TrackedRun

STATES = {"RUNNING": "running", "FINISHED": "succeeded", "FAILED": "failed", "KILLED": "failed"}


def mlflow_reader(uri: str, tmp_path: Path) -> Reader:
    client = connect(uri)

    def attempt(run: object) -> TrackedAttempt:
        run_id = run.info.run_id
        figures = {}
        for item in client.list_artifacts(run_id, "figures"):
            file = client.download_artifacts(run_id, item.path, str(tmp_path))
            figures[Path(item.path).name] = Path(file).read_bytes()
        return TrackedAttempt(
            step=run.data.tags["fairlead.step"],
            attempt=int(run.data.tags["fairlead.attempt"]),
            state=STATES[run.info.status],
            metrics=run.data.metrics,
            history={
                name: [(m.step, m.value) for m in client.get_metric_history(run_id, name)]
                for name in run.data.metrics
            },
            parameters=run.data.params,
            figures=figures,
        )

    def read(pipeline: str, run: str) -> TrackedRun:
        experiment = client.get_experiment_by_name(pipeline).experiment_id
        found = client.search_runs([experiment], f"tags.`fairlead.run` = '{run}'")
        [top] = [item for item in found if "mlflow.parentRunId" not in item.data.tags]
        below = [item for item in found if item is not top]
        assert {item.data.tags["mlflow.parentRunId"] for item in below} <= {top.info.run_id}
        return TrackedRun(
            state=STATES[top.info.status],
            metrics=top.data.metrics,
            tags=top.data.tags,
            attempts=[attempt(item) for item in below],
        )

    return read
