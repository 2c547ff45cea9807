"""The port through which one attempt of one step is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from fairlead.capabilities import Capabilities
from fairlead.graph import StepOptions


class AttemptStatus(StrEnum):
    """Say what a backend knows of an attempt; what it produced is in the store."""

    PENDING = "pending"
    RUNNING = "running"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Say everything a backend needs to start one attempt of one step.

    Attributes:
        run_uri: The run's address: the store's URL and ``runs/<date>/<run>``.
        run_digest: ``sha256:…`` of run.json, verified before anything is imported.
        step: The node's id in the graph.
        number: 1 for the first attempt.
        options: Resources, environment, secrets, timeout and settings, as the graph holds them.
        image: The digest-pinned image to run in; None on backends without images.
        labels: What a person who only knows the backend can find the attempt by.
    """

    run_uri: str
    run_digest: str
    step: str
    number: int
    options: StepOptions
    image: str | None
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """Say how an attempt stands.

    Attributes:
        status: What the backend says.
        reason: Why it ended without having written its end, in words for a person.
        log_tail: The last lines that it printed, where the backend still has them.
        retryable: Whether a further attempt may fare better (lost node), or not (bad image).
    """

    status: AttemptStatus
    reason: str | None = None
    log_tail: str = ""
    retryable: bool = True


@runtime_checkable
class StepOperator(Protocol):
    """Start, watch and stop attempts of steps on one backend."""

    capabilities: Capabilities

    def submit(self, attempt: Attempt) -> str:
        """Start an attempt and return the backend's reference to it."""
        ...

    def status(self, reference: str) -> AttemptReport:
        """Return how a submitted attempt stands."""
        ...

    def cancel(self, reference: str) -> None:
        """Stop an attempt; return when it can write nothing more, or has been asked to stop."""
        ...


@runtime_checkable
class Watches(Protocol):
    """Tell of changes as they come, instead of being asked."""

    def changes(self, timeout: float) -> list[str]:
        """Return references whose status may have changed, within ``timeout`` seconds."""
        ...


@runtime_checkable
class HasCapacity(Protocol):
    """Say what may run at once, so that the runner queues what would not fit."""

    def refuses(self, options: StepOptions) -> str | None:
        """Return why a step could never run here, in words; None if it could."""
        ...

    def admits(self, running: list[StepOptions], candidate: StepOptions) -> bool:
        """Return whether a step fits beside those that run."""
        ...


@runtime_checkable
class Closes(Protocol):
    """Hold processes or connections that end with the run."""

    def close(self) -> None:
        """Release them."""
        ...
