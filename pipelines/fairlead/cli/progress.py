"""Show a run's steps as they go: live on a terminal, one line for each change otherwise."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fairlead.cli.output import STYLES, duration
from fairlead.drawing.diagram import GLYPHS
from fairlead.errors import StoreError

if TYPE_CHECKING:
    from fairlead.readback.live_logs import LiveLogs, LogThread
    from fairlead.runner.events import Event
    from fairlead.store.objects import ObjectStore

#: Running steps that are shown at a time.
_SHOWN = 12

#: Lines of a step that are shown at a time: showing more would hold up the run.
_LINES = 500


class Progress:
    """Be told of a run's events and show them.

    Attributes:
        run: The run's id, once it is recorded.

    Args:
        quiet: Show nothing.
        logs: Whether to show what steps print, while they run.
    """

    def __init__(self, *, quiet: bool = False, logs: bool = False) -> None:
        self.run: str | None = None
        self._quiet = quiet
        self._shows_logs = logs and not quiet
        self._logs: LiveLogs | None = None
        self._thread: LogThread | None = None
        self._running: dict[str, float] = {}
        self._live: Any = None
        self._console: Any = None

    def __enter__(self) -> Self:
        if not self._quiet:
            from fairlead.cli.output import console

            self._console = console()
            if self._console.is_terminal and os.environ.get("TERM") != "dumb":
                from rich.live import Live

                self._live = Live(
                    console=self._console, get_renderable=self._picture, transient=True,
                    refresh_per_second=8, redirect_stdout=False, redirect_stderr=False,
                )  # fmt: skip
                self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            self._thread.stop()
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        self.run = event.run
        if self._quiet:
            return
        if event.store is not None and self._shows_logs:
            self._follow(event.run, event.store)
        if event.step is None or event.state is None:
            self._line(f"run {event.run}", "bold")
            return
        state = event.state.value
        if state == "running":
            self._running[event.step] = time.monotonic()
            if self._live is None:
                self._line(f"{GLYPHS[state]} {event.step}", STYLES[state])
            return
        if self._logs is not None and event.attempt:
            with suppress(StoreError):
                self._logs.look(event.step)  # what it printed last, before how it ended
        if self._running.pop(event.step, None) is not None and self._live is not None:
            self._live.refresh()  # else the line below is printed above a step that has ended
        self._finished(event, state)

    def _follow(self, run: str, store: ObjectStore) -> None:
        from fairlead.readback.live_logs import LiveLogs, LogThread

        self._logs = LiveLogs(store, run, self._print)
        self._thread = LogThread(self._logs, lambda: list(self._running))
        self._thread.start()

    def _print(self, step: str, number: int, text: str) -> None:
        from rich.text import Text

        again = f" ({number})" if number > 1 else ""
        lines = text.splitlines()
        if len(lines) > _LINES:
            left_out = f"… {len(lines) - _LINES} lines: `fairlead runs logs {self.run} {step}`"
            lines = [left_out, *lines[-_LINES:]]
        for line in lines:
            told = Text.assemble((f"{step}{again} | ", "dim"), line)
            self._console.print(told, soft_wrap=True)
        sys.stdout.flush()

    def _finished(self, event: Event, state: str) -> None:
        from rich.text import Text

        again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
        line = Text.assemble(
            (f"{GLYPHS[state]} ", STYLES[state]),
            f"{event.step:<28} ",
            (f"{state:<10}", STYLES[state]),
            (f"{duration(event.seconds):>10}", "dim"),
            again,
        )
        if event.detail:
            line.append(f"  {event.detail.splitlines()[0][:200]}", "dim")
        self._console.print(line, soft_wrap=True)
        sys.stdout.flush()

    def _line(self, text: str, style: str) -> None:
        from rich.text import Text

        self._console.print(Text(text, style), soft_wrap=True)
        sys.stdout.flush()

    def _picture(self) -> Any:
        from rich.text import Text

        now = time.monotonic()
        running = sorted(self._running.items(), key=lambda item: item[1])
        lines = Text()
        for step, started in running[:_SHOWN]:
            frame = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"[int(now * 8) % 10]
            lines.append(f"{frame} {step:<28} ", STYLES["running"])
            lines.append(f"running   {duration(now - started):>10}\n", "dim")
        if len(running) > _SHOWN:
            lines.append(f"… and {len(running) - _SHOWN} more running\n", "dim")
        return lines
