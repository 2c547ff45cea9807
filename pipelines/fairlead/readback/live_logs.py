"""Tell what steps print while they run: from the store, so that it works wherever they do."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fairlead.errors import ObjectNotFoundError, StoreError
from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectStore

if TYPE_CHECKING:
    from fairlead.readback.runs import Run

#: Called with a step's id, the attempt's number, and lines that were not told before.
Told = Callable[[str, int, str], None]

_PART = re.compile(r"(?P<step>.+)/(?P<number>\d+)/log/(?P<part>\d+)\.txt")


class LiveLogs:
    """Tell each line of a run once, in order within each attempt.

    A step ships what it prints after a second at first, and every ten seconds later on.

    Args:
        objects: The artifact store.
        run: The run's id.
        tell: Told of what is new.
    """

    def __init__(self, objects: ObjectStore, run: str, tell: Told) -> None:
        self._objects = objects
        self._layout = RunLayout(run)
        self._tell = tell
        self._next: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def look(self, step: str | None = None) -> None:
        """Tell what was printed since the last look.

        Args:
            step: Only of this step; None looks at all.

        Raises:
            StoreError: The store cannot be read; the next look tells what this one did not.
        """
        prefix = f"{self._layout.steps}/"
        folder = self._layout.steps if step is None else self._layout.step(step)
        with self._lock:
            found: dict[tuple[str, int], list[int]] = {}
            for info in self._objects.list(folder):
                if match := _PART.fullmatch(info.path.removeprefix(prefix)):
                    key = match["step"], int(match["number"])
                    if step in {None, match["step"]}:
                        found.setdefault(key, []).append(int(match["part"]))
            for key, parts in sorted(found.items()):
                self._read(*key, parts)

    def _read(self, step: str, number: int, parts: Iterable[int]) -> None:
        for part in sorted(parts):
            if part < self._next.get((step, number), 0):
                continue
            try:
                content = self._objects.get(self._layout.log(step, number, part))
            except ObjectNotFoundError:  # a maintainer deleted it
                continue
            self._next[step, number] = part + 1
            self._tell(step, number, content.decode(errors="replace"))


def follow_logs(run: Run, tell: Told, *, step: str | None = None, poll: float = 1.0) -> None:
    """Tell what a run's steps print until it has ended.

    Args:
        run: The run.
        tell: Told of what was printed so far, and of what is new.
        step: Only of this step.
        poll: Seconds between looks.

    Raises:
        RunNotFoundError: The run has no such step.
        StoreError: The store cannot be read.
    """
    if step is not None:
        run[step]
    logs = LiveLogs(run.stack.objects, run.id, tell)
    while True:
        ended = run.refresh().ended is not None  # asked before the look that then finds the rest
        logs.look(step)
        if ended:
            return
        time.sleep(poll)


class LogThread(threading.Thread):
    """Look from time to time at the steps that run.

    Args:
        logs: What tells.
        running: Returns the ids of the steps that run.
    """

    def __init__(self, logs: LiveLogs, running: Callable[[], list[str]]) -> None:
        super().__init__(name="fairlead-live-logs", daemon=True)
        self._logs = logs
        self._running = running
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look once a second, or as seldom as keeps looking a fifth of the time."""
        wait = 1.0
        while not self._stopped.wait(wait):
            begun = time.monotonic()
            for step in self._running():
                try:
                    self._logs.look(step)
                except StoreError:  # a store that is away now may be back later
                    break
            wait = max(1.0, 4 * (time.monotonic() - begun))

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
