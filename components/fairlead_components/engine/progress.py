"""Tell a waiting person what a long installation is doing."""

from __future__ import annotations

import sys
import time
from typing import TextIO

#: Seconds between two lines where the output is a file or a CI log.
LINE_INTERVAL = 15.0


class Progress:
    r"""Show the current activity with the time since the start.

    On a terminal one line is rewritten; elsewhere a line is written for each phase and every
    15 seconds within it.

    Args:
        stream: Where to write; by default standard error.

    Example:
        >>> import io
        >>> stream = io.StringIO()
        >>> Progress(stream).phase("fetching modules")
        >>> stream.getvalue()
        '[  0:00] fetching modules\n'
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._terminal = self._stream.isatty()
        self._start = time.monotonic()
        self._last_line = 0.0
        self._activity = ""

    def phase(self, activity: str) -> None:
        """Begin something new, which is always shown."""
        if self._terminal and self._activity:
            self._stream.write("\n")
        self._activity = activity
        self._show()

    def update(self, activity: str | None = None) -> None:
        """Say how far the phase is, or only that it goes on; shown when it is time to."""
        if activity is not None:
            self._activity = activity
        interval = 0.2 if self._terminal else LINE_INTERVAL
        if time.monotonic() - self._last_line >= interval:
            self._show()

    def finish(self, message: str) -> None:
        """Write the last line."""
        self.phase(message)
        if self._terminal:
            self._stream.write("\n")
        self._stream.flush()

    def _show(self) -> None:
        self._last_line = time.monotonic()
        minutes, seconds = divmod(int(self._last_line - self._start), 60)
        text = f"[{minutes:>3}:{seconds:02}] {self._activity}"
        if self._terminal:
            width = 100
            self._stream.write(f"\r{text[:width]:<{width}}")
        else:
            self._stream.write(text + "\n")
        self._stream.flush()
