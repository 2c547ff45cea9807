"""What a run tells whoever watches it while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fairlead.store.objects import ObjectStore
from fairlead.store.state import State


@dataclass(frozen=True, slots=True)
class Event:
    """Tell of one change of a step's state, or that the run was recorded (``step`` is None).

    Attributes:
        run: The run's id.
        step: The node's id.
        state: How it stands now.
        attempt: The attempt's number, from 1.
        seconds: How long the attempt took, once it has ended.
        detail: Why, in one line: the failure, the reason for skipping, when it is tried again.
        store: Where the run's records are; told once, with what tells that it was recorded.
    """

    run: str
    step: str | None = None
    state: State | None = None
    attempt: int = 0
    seconds: float | None = None
    detail: str = ""
    store: ObjectStore | None = None


Observer = Callable[[Event], None]


def ignore(_: Event) -> None:
    """Watch nothing."""
