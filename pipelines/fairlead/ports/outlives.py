"""The port of backends whose attempts do not die with their runner."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Outlives(Protocol):
    """Start attempts that go on when their runner dies.

    Submitting the same attempt again must take up the one that was started, not start another.
    """

    outlives_runner: bool
