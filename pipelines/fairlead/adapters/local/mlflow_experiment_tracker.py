"""Log what steps report to MLflow: a run of the pipeline is a run there, attempts are below it.

An experiment is a pipeline (or what the stack names). Its runs are Fairlead's runs, so that they
are compared as they are: their metrics and parameters are those of their steps, ``<step>/<name>``.
Below each lies one run for every attempt that logged something, with its own metrics over time
and its figures.
"""

from __future__ import annotations

import mimetypes
import re
import tempfile
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from fairlead.adapters import mlflow_server
from fairlead.adapters.mlflow_client import connect, exclusive, experiment, key, reported
from fairlead.contracts.experiment_tracker import MlflowExperimentTrackerContract
from fairlead.ports.ended_run import EndedRun
from fairlead.ports.experiment_tracker import TrackedStep
from fairlead.ports.permissions import Permission

#: MLflow refuses longer ones, and larger batches.
_PARAMETER_LENGTH = 500
_TAG_LENGTH = 5000
_METRICS = 1000
_PARAMETERS = 100

#: The newest attempt of its step: only these decide whether the run failed.
_LATEST = "fairlead.latest"


class MlflowExperimentTracker:
    """Log to an MLflow tracking store: a SQLite file or a server.

    Args:
        contract: Names the store.

    Example:
        >>> contract = MlflowExperimentTrackerContract(tracking_uri="sqlite:////tmp/mlflow.db")
        >>> tracker = MlflowExperimentTracker(contract)
        >>> tracker.log_metrics(source, {"accuracy": 0.97}, at=None)  # doctest: +SKIP
    """

    def __init__(self, contract: MlflowExperimentTrackerContract) -> None:
        self._contract = contract
        self._lock = threading.RLock()
        self._experiments: dict[str, str] = {}
        self._open: dict[tuple[str, str, int], str] = {}

    @cached_property
    def _uri(self) -> str:
        return mlflow_server.address(self._contract.tracking_uri, self._contract)

    def permissions(self) -> tuple[Permission, ...]:
        """Return what reaching the server from outside its cluster needs."""
        return mlflow_server.permissions(self._contract)

    def log_metrics(
        self, source: TrackedStep, metrics: Mapping[str, float], *, at: int | None
    ) -> None:
        """Log numbers of a step.

        Args:
            source: The step.
            metrics: Numbers by name.
            at: The iteration that they belong to.

        Raises:
            BackendError: MLflow refused, or cannot be reached.
        """
        client = connect(self._uri)
        with reported(self._uri):
            self._log(client, self._attempt(client, source), metrics, at or 0)

    def log_figure(self, source: TrackedStep, name: str, content: bytes, media_type: str) -> None:
        """Log a picture of a step, below ``figures/``.

        Args:
            source: The step.
            name: The figure's name; an ending that fits ``media_type`` is added.
            content: The file.
            media_type: Such as ``image/png``.

        Raises:
            BackendError: MLflow refused, or cannot be reached.
        """
        client = connect(self._uri)
        ending = mimetypes.guess_extension(media_type) or ""
        file = re.sub(r"[^\w. -]", "_", name.removesuffix(ending)).lstrip(".") + ending
        with reported(self._uri), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.write_bytes(content)
            client.log_artifact(self._attempt(client, source), str(path), "figures")

    def close(self, source: TrackedStep, *, succeeded: bool) -> None:
        """End a step's attempt and repeat its numbers at the run, unless it has logged nothing.

        Args:
            source: The step.
            succeeded: Whether it did.

        Raises:
            BackendError: MLflow refused, or cannot be reached.
        """
        with self._lock:
            attempt = self._open.pop((source.run, source.step, source.attempt), None)
        if attempt is None:
            return
        client = connect(self._uri)
        with reported(self._uri):
            client.set_terminated(attempt, "FINISHED" if succeeded else "FAILED")
            run = self._settled(client, source, attempt)
            numbers = client.get_run(attempt).data.metrics
            prefix = f"{source.step}/"
            self._log(client, run, {prefix + name: value for name, value in numbers.items()}, 0)
            self._log_parameters(client, run, source.parameters, prefix)
            if not self._search(client, source, "attributes.status = 'RUNNING'", role="attempt"):
                failed = f"attributes.status = 'FAILED' and tags.`{_LATEST}` = 'true'"
                lost = self._search(client, source, failed, role="attempt")
                client.set_terminated(run, "FAILED" if lost else "FINISHED")

    def end_run(self, ended: EndedRun) -> None:
        """End what dead attempts left open, and repeat at the run what its cached steps had logged.

        Args:
            ended: The run, and how it ended.

        Raises:
            BackendError: MLflow refused, or cannot be reached.
        """
        client = connect(self._uri)
        source = TrackedStep(ended.run, ended.pipeline, "", 0, {}, ended.tags)
        with reported(self._uri):
            known = client.get_experiment_by_name(self._contract.experiment or ended.pipeline)
            found = known is not None and self._search(client, source, role="run")
            if not (found or ended.reused):
                return
            with exclusive(self._uri):
                run = self._run(client, source)
            where = "attributes.status = 'RUNNING'"
            for attempt in self._search(client, source, where, role="attempt"):
                client.set_terminated(attempt, "FAILED")
            for step, numbers in ended.reused.items():
                self._log(client, run, {f"{step}/{name}": n for name, n in numbers.items()}, 0)
            if ended.reused:
                client.set_tag(run, "fairlead.cached", ", ".join(ended.reused)[:_TAG_LENGTH])
            client.set_terminated(run, "FINISHED" if ended.succeeded else "FAILED")

    def _attempt(self, client: Any, source: TrackedStep) -> str:
        """Return the MLflow run of an attempt, made when it first logs something."""
        name = (source.run, source.step, source.attempt)
        with self._lock:
            if name not in self._open:
                with exclusive(self._uri):
                    run = self._run(client, source)
                    self._open[name] = self._find_attempt(client, source) or self._start(
                        client, source, run
                    )
            return self._open[name]

    def _run(self, client: Any, source: TrackedStep) -> str:
        found = self._search(client, source, role="run")
        if found:
            run = min(found)
            client.update_run(run, status="RUNNING")
            return run
        mine = {tag: value for tag, value in source.tags.items() if not tag.startswith("mlflow.")}
        return self._create(
            client, source, source.run, {**mine, "mlflow.runName": source.run}, role="run"
        )

    def _find_attempt(self, client: Any, source: TrackedStep) -> str | None:
        where = (
            f"tags.`fairlead.step` = '{source.step}' and "
            f"tags.`fairlead.attempt` = '{source.attempt}'"
        )
        found = self._search(client, source, where, role="attempt")
        return min(found) if found else None

    def _start(self, client: Any, source: TrackedStep, run: str) -> str:
        if source.attempt > 1:
            self._supersede(client, source)
        again = f" ({source.attempt})" if source.attempt > 1 else ""
        tags = {
            "mlflow.parentRunId": run,
            "fairlead.step": source.step,
            "fairlead.attempt": str(source.attempt),
            _LATEST: "true",
        }
        attempt = self._create(client, source, source.step + again, tags, role="attempt")
        self._log_parameters(client, attempt, source.parameters)
        return attempt

    def _supersede(self, client: Any, source: TrackedStep) -> None:
        """Mark earlier attempts; one that still seems to run crashed."""
        where = f"tags.`fairlead.step` = '{source.step}' and tags.`{_LATEST}` = 'true'"
        for earlier in self._search(client, source, where, role="attempt"):
            client.set_tag(earlier, _LATEST, "false")
            if client.get_run(earlier).info.status == "RUNNING":
                client.set_terminated(earlier, "KILLED")

    def _settled(self, client: Any, source: TrackedStep, attempt: str) -> str:
        """Return the one run above the attempt.

        On a server, which has no lock, steps that start together may each have made one: all
        come to agree on the first by name, and the last to leave another removes it.
        """
        found = self._search(client, source, role="run")
        run = min(found)
        for other in found:
            if other == run:
                continue
            client.set_tag(attempt, "mlflow.parentRunId", run)
            if not self._search(
                client, source, f"tags.`mlflow.parentRunId` = '{other}'", role="attempt"
            ):
                client.delete_run(other)
        return run

    def _create(
        self, client: Any, source: TrackedStep, name: str, tags: Mapping[str, str], *, role: str
    ) -> str:
        where = self._experiment(client, source.pipeline)
        ours = {
            "fairlead.run": source.run,
            "fairlead.pipeline": source.pipeline,
            "fairlead.role": role,
        }
        created: str = client.create_run(where, tags={**tags, **ours}, run_name=name).info.run_id
        return created

    def _search(self, client: Any, source: TrackedStep, where: str = "", *, role: str) -> list[str]:
        conditions = f"tags.`fairlead.run` = '{source.run}' and tags.`fairlead.role` = '{role}'"
        found = client.search_runs(
            [self._experiment(client, source.pipeline)],
            f"{conditions} and {where}" if where else conditions,
            max_results=100,
        )
        return [run.info.run_id for run in found]

    def _experiment(self, client: Any, pipeline: str) -> str:
        name = self._contract.experiment or pipeline
        location = self._contract.artifact_location
        with self._lock:
            if name not in self._experiments:
                place = f"{location.rstrip('/')}/{name}" if location else None
                self._experiments[name] = experiment(client, self._uri, name, place)
            return self._experiments[name]

    def _log(self, client: Any, run: str, metrics: Mapping[str, float], at: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        batch = [Metric(key(name), float(value), now, at) for name, value in metrics.items()]
        for start in range(0, len(batch), _METRICS):
            client.log_batch(run, metrics=batch[start : start + _METRICS])

    def _log_parameters(
        self, client: Any, run: str, parameters: Mapping[str, str], prefix: str = ""
    ) -> None:
        from mlflow.entities import Param

        batch = [
            Param(key(prefix + name), value[:_PARAMETER_LENGTH])
            for name, value in parameters.items()
        ]
        for start in range(0, len(batch), _PARAMETERS):
            client.log_batch(run, params=batch[start : start + _PARAMETERS])
