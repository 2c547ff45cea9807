"""Say in words how a step's process ended."""

from __future__ import annotations

import signal

_HINTS = {
    signal.SIGKILL: "killed from outside: often the system ran out of memory",
    signal.SIGSEGV: "a segmentation fault in native code",
    signal.SIGABRT: "aborted by native code",
    signal.SIGBUS: "a bus error in native code",
}


def describe_end(status: int) -> str:
    """Return what a process's end means for a person.

    Args:
        status: As ``subprocess.Popen.returncode``: negative for a signal.

    Example:
        >>> describe_end(-11)
        "the step's process was ended by SIGSEGV (a segmentation fault in native code)"
    """
    if status >= 0:
        return f"the step's process ended with status {status} in the middle of the step"
    number = signal.Signals(-status)
    hint = _HINTS.get(number)
    return f"the step's process was ended by {number.name}" + (f" ({hint})" if hint else "")
