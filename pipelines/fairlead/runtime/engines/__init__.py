"""The engines of distributed steps: each gathers its ranks before the step's function runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, cast

from fairlead.graph import Resources
from fairlead.runtime.rank import Rank


class Engine(Protocol):
    """Gather the ranks of an attempt; each kind is a module with these functions."""

    #: Whether every rank calls the step's function, or rank 0 alone.
    EVERYWHERE: bool

    def gathered(self, rank: Rank, resources: Resources) -> AbstractContextManager[None]:
        """Have all ranks there while the step's function runs, with the environment that leads it.

        Args:
            rank: Which of them this is.
            resources: What each of them may use.
        """
        ...

    def serve(self, rank: Rank, resources: Resources, gone: Callable[[], bool]) -> None:
        """Do a further rank's part, until rank 0 has done its own; where EVERYWHERE is False.

        Args:
            rank: Which of them this is.
            resources: What it may use.
            gone: Says whether rank 0 has done its part.
        """
        ...


def engine(kind: str) -> Engine:
    """Return the engine of a kind of distributed steps; nothing of it is imported yet.

    Example:
        >>> engine("torchrun").EVERYWHERE
        True
    """
    return cast("Engine", importlib.import_module(f"fairlead.runtime.engines.{kind}_engine"))
