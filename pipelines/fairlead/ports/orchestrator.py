"""The port through which a run is started on a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fairlead.ports.step_operator import StepOperator


@dataclass(frozen=True, slots=True)
class RunReference:
    """Name a recorded run to whatever shall walk it.

    Attributes:
        run_uri: The store's URL and ``runs/<date>/<run>``.
        run_digest: ``sha256:…`` of run.json.
        image: The digest-pinned image that was built for the run; None where there is none.
    """

    run_uri: str
    run_digest: str
    image: str | None = None


@runtime_checkable
class Orchestrator(Protocol):
    """Start a runner that walks a recorded run, on one backend."""

    def operator(self) -> StepOperator:
        """Return the step operator for steps that name none."""
        ...

    def submit(self, run: RunReference) -> str:
        """Start the runner, leave it running, and return the backend's reference to it."""
        ...

    def alive(self, run: RunReference) -> bool | None:
        """Return whether another runner of the run lives; None where the backend cannot say."""
        ...

    def cancel(self, run: RunReference) -> None:
        """Stop the runner and what it started."""
        ...


@runtime_checkable
class Foreground(Protocol):
    """Walk a run in the process that submits it, as long as that process waits for it."""

    foreground: bool
