"""The port through which metrics, parameters and figures reach a tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class TrackedStep:
    """Name the step that something is logged from.

    Attributes:
        run: The run's id; a tracker groups all steps of it.
        pipeline: The pipeline's name.
        step: The node's id.
        attempt: 1 for the first attempt.
        parameters: The step's parameters, as text.
        tags: The run's tags.
    """

    run: str
    pipeline: str
    step: str
    attempt: int
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


@runtime_checkable
class ExperimentTracker(Protocol):
    """Log what a step reports to the bound tracker."""

    def log_metrics(
        self, source: TrackedStep, metrics: Mapping[str, float], *, at: int | None
    ) -> None:
        """Log numbers; ``at`` is the iteration they belong to."""
        ...

    def log_figure(self, source: TrackedStep, name: str, content: bytes, media_type: str) -> None:
        """Log a picture under a name."""
        ...

    def close(self, source: TrackedStep, *, succeeded: bool) -> None:
        """End what is open for the step."""
        ...
