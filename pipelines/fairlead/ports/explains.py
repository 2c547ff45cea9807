"""The port through which a backend says why a submitted run does not go on."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from fairlead.ports.orchestrator import RunReference


@runtime_checkable
class Explains(Protocol):
    """Say why a submitted run does not go on, where nothing in the store can tell."""

    def problem(self, run: RunReference) -> str | None:
        """Return why no runner walks the run, or ever will; None while there is hope."""
        ...

    def waiting(self, run: RunReference) -> str | None:
        """Return what the runner waits for before it can begin; None where there is nothing."""
        ...
