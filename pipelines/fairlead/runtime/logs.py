"""Capture what an attempt prints, and keep it in the store while it runs.

Output goes to a private temporary file (so that even a crash loses none of it), from which parts
are copied to the store every ten seconds or 256 KB, and sooner at first: who starts a run and
watches it sees at once whether it does what it should.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectStore

PART_SECONDS = 10.0
_FIRST_PART_SECONDS = 1.0
PART_BYTES = 256 * 1024
TAIL_LINES = 20

#: Shorter values would blank ordinary words; the secret stores refuse to hold them.
_SHORTEST = 4
_MASK = "***"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which the values of secrets are masked.

    Args:
        text: What was printed or raised.
        secrets: Values; each line of a value with several lines is masked too.

    Example:
        >>> redact("token=hunter2!", ["hunter2!"])
        'token=***'
    """
    parts = {part for value in secrets for part in (value, *value.splitlines())}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST:
            text = text.replace(part, _MASK)
    return text


def tail(text: str, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a text, at most 8,000 characters."""
    return "\n".join(text.rstrip().splitlines()[-lines:])[-8000:]


class LogSpool:
    """Hold what one attempt prints and ship it to the store in numbered parts.

    Attributes:
        path: The temporary file; whoever watches the process may read it after a crash.
        secrets: Values to mask, by name; filled when the step's secrets are read.
        rank: Whose output it is, in a distributed attempt.
    """

    def __init__(
        self,
        objects: ObjectStore,
        layout: RunLayout,
        step: str,
        number: int,
        *,
        path: Path | None = None,
        rank: int = 0,
    ) -> None:
        self.rank = rank
        self.objects = objects
        self.layout = layout
        self.step = step
        self.number = number
        self.secrets: Mapping[str, str] = {}
        if path is None:
            handle, name = tempfile.mkstemp(prefix="fairlead-log-")
            self.path, self.file = Path(name), handle
        else:
            self.path = path
            self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._shipped = 0
        self._part = 0
        self._last = time.monotonic()
        self._lock = threading.Lock()

    def ship(self, *, final: bool = False) -> None:
        """Copy what is new to the store, if there is enough of it or the attempt has ended."""
        with self._lock:
            size = os.fstat(self.file).st_size
            fresh = size - self._shipped
            patience = min(PART_SECONDS, _FIRST_PART_SECONDS * 2.0 ** min(self._part, 10))
            due = time.monotonic() - self._last >= patience
            if fresh == 0 or not (final or due or fresh >= PART_BYTES):
                return
            content = os.pread(self.file, fresh, self._shipped)
            if not final:  # end at a line, so that neither a character nor a secret is cut in two
                content = content[: content.rfind(b"\n") + 1] or content[:0]
            if not content:
                return
            text = redact(content.decode(errors="replace"), self.secrets.values())
            path = self.layout.log(self.step, self.number, self._part, self.rank)
            self.objects.put_new(path, text.encode())
            self._part += 1
            self._shipped += len(content)
            self._last = time.monotonic()

    def text(self) -> str:
        """Return all that was printed, secrets masked."""
        size = os.fstat(self.file).st_size
        start = max(0, size - PART_BYTES)
        content = os.pread(self.file, size - start, start)
        return redact(content.decode(errors="replace"), self.secrets.values())

    def close(self) -> None:
        """Remove the temporary file."""
        os.close(self.file)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


class LogShipper(threading.Thread):
    """Ship the current spool of this process from time to time, and echo it if asked."""

    def __init__(self, *, echo: int | None = None) -> None:
        super().__init__(name="fairlead-log-shipper", daemon=True)
        self.spool: LogSpool | None = None
        self.echo = echo
        self._echoed = 0
        self._lock = threading.Lock()

    def run(self) -> None:
        """Look once a second."""
        while True:
            time.sleep(1.0)
            self.copy()
            if (spool := self.spool) is not None:
                with contextlib.suppress(OSError):  # a store that is away now may be back later
                    spool.ship()

    @contextlib.contextmanager
    def capture(self, spool: LogSpool) -> Iterator[None]:
        """Send everything that this process and its children print to a spool."""
        sys.stdout.flush()
        sys.stderr.flush()
        saved = os.dup(1), os.dup(2)
        os.dup2(spool.file, 1)
        os.dup2(spool.file, 2)
        self._echoed, self.spool = 0, spool
        try:
            yield
        finally:
            with contextlib.suppress(OSError, ValueError):  # the step may have closed them
                sys.stdout.flush()
                sys.stderr.flush()
            for number, original in enumerate(saved, start=1):
                os.dup2(original, number)
                os.close(original)
            self.copy()
            self.spool = None

    def copy(self) -> None:
        """Copy what is new to the original standard output, for `kubectl logs` and its like."""
        spool = self.spool
        if spool is None or self.echo is None:
            return
        with self._lock, contextlib.suppress(OSError):
            size = os.fstat(spool.file).st_size
            fresh = os.pread(spool.file, size - self._echoed, self._echoed)
            end = fresh.rfind(b"\n") + 1
            text = redact(fresh[:end].decode(errors="replace"), spool.secrets.values())
            os.write(self.echo, text.encode())
            self._echoed += end


class _Tee(io.TextIOBase):
    """Write to a stream that is shown and to a spool."""

    def __init__(self, shown: TextIO, spool: LogSpool) -> None:
        self._shown = shown
        self._spool = spool

    def write(self, text: str, /) -> int:
        os.write(self._spool.file, text.encode(errors="replace"))
        return self._shown.write(text)

    def flush(self) -> None:
        self._shown.flush()


@contextlib.contextmanager
def copied(spool: LogSpool) -> Iterator[None]:
    """Copy what Python code prints to a spool, and show it all the same."""
    out, err = _Tee(sys.stdout, spool), _Tee(sys.stderr, spool)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield
