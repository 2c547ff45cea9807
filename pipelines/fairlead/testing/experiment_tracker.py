"""What every experiment tracker must do: subclass, give a tracker and a reader, and pytest runs it.

The port only writes, so a suite that proves anything needs the backend's own way of reading: a
subclass gives it as the fixture ``read``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from fairlead.ports.ended_run import EndedRun, ShowsEndedRuns
from fairlead.ports.experiment_tracker import ExperimentTracker, TrackedStep

RUN = "01KAEW8J00ABCDEFGHJKMNPQRS"


@dataclass(frozen=True)
class TrackedAttempt:
    """Say what a backend holds of one attempt of a step.

    Attributes:
        step: The node's id.
        attempt: Its number.
        state: ``running``, ``succeeded`` or ``failed``.
        metrics: The last value by name.
        history: Every ``(at, value)`` by name, in order of ``at``.
        parameters: The step's parameters.
        figures: Content by name, with its ending.
    """

    step: str
    attempt: int
    state: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: Mapping[str, list[tuple[int, float]]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class TrackedRun:
    """Say what a backend holds of one run: one entry of its own, and its attempts."""

    state: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    attempts: list[TrackedAttempt]


#: Reads all that the backend holds of a run; fails if it holds the run more than once.
Reader = Callable[[str, str], TrackedRun]


def tracked(
    step: str = "train", *, run: str = RUN, attempt: int = 1, depth: int = 5
) -> TrackedStep:
    """Return a step to log from."""
    return TrackedStep(
        run=run,
        pipeline="training",
        step=step,
        attempt=attempt,
        parameters={"depth": str(depth)},
        tags={"team": "vision"},
    )


class ExperimentTrackerConformance:
    """Prove that an adapter is an experiment tracker.

    Example:
        A subclass whose name begins with ``Test`` gives two fixtures: ``tracker``, on an empty
        backend, and ``read``, a function ``(pipeline, run) -> TrackedRun``.
    """

    @pytest.fixture
    def tracker(self) -> ExperimentTracker:
        """Return a tracker on an empty backend; subclasses override it."""
        raise NotImplementedError("override the fixture `tracker`")

    @pytest.fixture
    def read(self) -> Reader:
        """Return what reads the backend; subclasses override it."""
        raise NotImplementedError("override the fixture `read`")

    def test_is_the_port(self, tracker: ExperimentTracker) -> None:
        """Prove that the adapter has the port's methods."""
        assert isinstance(tracker, ExperimentTracker)

    def test_what_a_step_logs_is_found_at_its_attempt_and_its_run(
        self, tracker: ExperimentTracker, read: Reader
    ) -> None:
        """Prove metrics over time, parameters, figures, tags and states."""
        step = tracked()
        for at, loss in enumerate((0.9, 0.5, 0.2)):
            tracker.log_metrics(step, {"loss": loss}, at=at)
        tracker.log_metrics(step, {"accuracy": 0.97, "n": 3}, at=None)
        tracker.log_figure(step, "confusion matrix", b"\x89PNG", "image/png")
        assert read("training", RUN).attempts[0].state == "running"
        tracker.close(step, succeeded=True)
        run = read("training", RUN)
        assert run.state == "succeeded"
        assert run.tags["team"] == "vision"
        assert run.metrics["train/accuracy"] == 0.97
        [attempt] = run.attempts
        assert (attempt.step, attempt.attempt, attempt.state) == ("train", 1, "succeeded")
        assert attempt.metrics == {"loss": 0.2, "accuracy": 0.97, "n": 3.0}
        assert attempt.history["loss"] == [(0, 0.9), (1, 0.5), (2, 0.2)]
        assert attempt.parameters == {"depth": "5"}
        assert attempt.figures == {"confusion matrix.png": b"\x89PNG"}

    def test_a_step_that_logs_nothing_leaves_nothing(
        self, tracker: ExperimentTracker, read: Reader
    ) -> None:
        """Prove that closing is free for steps that never logged."""
        tracker.close(tracked("silent"), succeeded=True)
        tracker.log_metrics(tracked("loud"), {"x": 1}, at=None)
        tracker.close(tracked("loud"), succeeded=True)
        assert [attempt.step for attempt in read("training", RUN).attempts] == ["loud"]

    def test_a_retried_step_decides_by_its_last_attempt(
        self, tracker: ExperimentTracker, read: Reader
    ) -> None:
        """Prove that a failure that a retry made good is no failure of the run."""
        first, second = tracked(attempt=1), tracked(attempt=2)
        tracker.log_metrics(first, {"accuracy": 0.1}, at=None)
        tracker.close(first, succeeded=False)
        assert read("training", RUN).state == "failed"
        tracker.log_metrics(second, {"accuracy": 0.9}, at=None)
        tracker.close(second, succeeded=True)
        run = read("training", RUN)
        assert run.state == "succeeded"
        assert run.metrics["train/accuracy"] == 0.9
        assert sorted((a.attempt, a.state) for a in run.attempts) == [
            (1, "failed"),
            (2, "succeeded"),
        ]

    def test_a_crashed_attempt_does_not_run_for_ever(
        self, tracker: ExperimentTracker, read: Reader
    ) -> None:
        """Prove that an attempt nobody closed ends when the next one begins."""
        tracker.log_metrics(tracked(attempt=1), {"x": 1}, at=None)
        tracker.log_metrics(tracked(attempt=2), {"x": 2}, at=None)
        tracker.close(tracked(attempt=2), succeeded=True)
        run = read("training", RUN)
        assert run.state == "succeeded"
        assert {a.attempt: a.state for a in run.attempts} == {1: "failed", 2: "succeeded"}

    def test_parallel_steps_share_one_run(self, tracker: ExperimentTracker, read: Reader) -> None:
        """Prove that steps which begin and end together make one run."""
        steps = [tracked(f"train[{number}]", depth=number) for number in range(6)]

        def work(step: TrackedStep) -> None:
            tracker.log_metrics(step, {"accuracy": 0.5}, at=None)
            tracker.close(step, succeeded=True)

        with ThreadPoolExecutor(len(steps)) as pool:
            list(pool.map(work, steps))
        run = read("training", RUN)
        assert run.state == "succeeded"
        assert {a.step for a in run.attempts} == {step.step for step in steps}
        assert len([name for name in run.metrics if name.endswith("/accuracy")]) == len(steps)

    def test_runs_are_kept_apart(self, tracker: ExperimentTracker, read: Reader) -> None:
        """Prove that another run of the same pipeline is another entry."""
        other = "01KAEW8J00ABCDEFGHJKMNPQRT"
        for run, value in ((RUN, 0.1), (other, 0.2)):
            tracker.log_metrics(tracked(run=run), {"accuracy": value}, at=None)
            tracker.close(tracked(run=run), succeeded=True)
        assert read("training", RUN).metrics["train/accuracy"] == 0.1
        assert read("training", other).metrics["train/accuracy"] == 0.2

    def test_an_attempt_that_died_is_ended_with_its_run(
        self, tracker: ExperimentTracker, read: Reader
    ) -> None:
        """Prove that nothing seems to run on that a runner knows to be over."""
        if not isinstance(tracker, ShowsEndedRuns):
            pytest.skip("the tracker does not show how runs ended")
        tracker.log_metrics(tracked(), {"x": 1}, at=None)
        tracker.end_run(EndedRun(RUN, "training", succeeded=False))
        run = read("training", RUN)
        assert run.state == "failed"
        assert [attempt.state for attempt in run.attempts] == ["failed"]

    def test_a_run_from_the_cache_is_shown_with_its_numbers(
        self, tracker: ExperimentTracker, read: Reader
    ) -> None:
        """Prove that a run none of whose steps ran can be compared like any other."""
        if not isinstance(tracker, ShowsEndedRuns):
            pytest.skip("the tracker does not show how runs ended")
        reused = {"train": {"accuracy": 0.97}}
        for _ in range(2):  # as when a runner dies at the very end
            tracker.end_run(EndedRun(RUN, "training", True, {"team": "vision"}, reused))
        run = read("training", RUN)
        assert run.state == "succeeded"
        assert run.metrics == {"train/accuracy": 0.97}
        assert run.tags["team"] == "vision"
        assert run.attempts == []

    def test_what_is_no_number_is_kept(self, tracker: ExperimentTracker, read: Reader) -> None:
        """Prove that a diverged loss does not break the step."""
        tracker.log_metrics(tracked(), {"loss": math.nan, "ratio": math.inf}, at=None)
        tracker.close(tracked(), succeeded=True)
        metrics = read("training", RUN).attempts[0].metrics
        assert math.isnan(metrics["loss"])
        assert metrics["ratio"] > 1e300
