"""Watch the process of an attempt from the first process of its container, and tell how it died.

A container's first process ignores signals that it sends to itself and inherits orphans, so user
code must not be it. What the attempt printed last is left where the kubelet reads it, so that
nobody has to ask for logs to explain a death.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from fairlead.errors import FairleadError
from fairlead.graph import MORE_MEMORY
from fairlead.runtime.logs import tail

#: Where a container leaves its last message, at most 4 KiB of it.
MESSAGE = Path("/dev/termination-log")
_BYTES = 4000
_HINTS = {
    signal.SIGSEGV: "a segmentation fault in native code",
    signal.SIGABRT: "aborted by native code",
    signal.SIGBUS: "a bus error in native code",
    signal.SIGKILL: "killed from outside",
}


def supervise(attempt: Callable[[], int], log: Path, secrets: bool) -> int:  # noqa: FBT001
    """Run an attempt in a child process and return the status to end with.

    Args:
        attempt: Runs it and returns its status; called in the child.
        log: The file that the attempt's output is kept in until it ends.
        secrets: Whether the step reads secrets: only the attempt itself could mask them, so its
            last lines are withheld.
    """
    killed = _killed_for_memory()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = attempt()
        except FairleadError as error:
            sys.stderr.write(f"fairlead: {error}\n")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda sent, _: _pass_on(child, sent))
    while True:
        ended, status = os.wait()
        if ended == child:
            break
    code = os.waitstatus_to_exitcode(status)
    if code >= 0 and not log.exists():  # the attempt closed its log: it came to its own end
        return code
    lines = ""
    if not secrets:
        with contextlib.suppress(OSError):
            lines = tail(log.read_text(errors="replace"))
    for_memory = _killed_for_memory() > killed
    leave(_reason(code, for_memory=for_memory), lines)
    return 128 - code if code < 0 else code or 1


def leave(reason: str, lines: str) -> None:
    """Leave a message for whoever reads the container's end.

    Args:
        reason: Why it ended, for a person.
        lines: What it printed last; cut from its beginning where it is too long.
    """
    said = json.dumps({"reason": reason, "log_tail": lines})
    while len(said.encode()) > _BYTES and lines:
        lines = lines[len(lines) // 8 + 1 :]
        said = json.dumps({"reason": reason, "log_tail": lines})
    sys.stderr.write(f"fairlead: {reason}\n")
    with contextlib.suppress(OSError):
        MESSAGE.write_text(said)


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def _reason(code: int, *, for_memory: bool) -> str:
    if code >= 0:
        return f"the step's process ended with status {code} in the middle of the step"
    number = signal.Signals(-code)
    if number is signal.SIGKILL and for_memory:
        return f"the step ran out of memory (OOMKilled): {MORE_MEMORY}"
    hint = f" ({_HINTS[number]})" if number in _HINTS else ""
    return f"the step's process was ended by {number.name}{hint}"


def _killed_for_memory() -> int:
    """Return how many processes of this container the kernel has killed for memory."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        with contextlib.suppress(OSError, ValueError):
            for line in Path(path).read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    return 0
