"""The ability of trackers to show how a run ended, which none of its steps can know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class EndedRun:
    """Say how a run ended.

    Attributes:
        run: The run's id.
        pipeline: The pipeline's name.
        succeeded: Whether it did.
        tags: The run's tags.
        reused: Step → the numbers of the attempt whose outputs it took from the cache.
    """

    run: str
    pipeline: str
    succeeded: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    reused: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@runtime_checkable
class ShowsEndedRuns(Protocol):
    """Show runs as they ended; an ability of trackers."""

    def end_run(self, ended: EndedRun) -> None:
        """End what attempts that died have left open, and show what cached steps had logged.

        A run of which nothing was logged, and nothing reused that was, is not shown.
        """
        ...
