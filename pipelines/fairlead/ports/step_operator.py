"""The port through which one attempt of one step is run."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from fairlead.capabilities import Capabilities
from fairlead.graph import StepOptions
from fairlead.ports.attempt import Attempt, AttemptReport


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
