"""Start the cluster's programs, know them again, and end them and nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tools.kubernetes.layout import ClusterError, environment, state

_GRACE = 3.0


def start(name: str, *arguments: str) -> None:
    """Start a program in a session of its own; its log and process id are kept.

    Args:
        name: The program, as it is called on our path.
        arguments: Its arguments.
    """
    with (state() / "log" / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=state(),
            env=environment(),
            start_new_session=True,
        )
    (state() / "pid" / name).write_text(f"{process.pid} {_born(process.pid)}")


def alive(name: str) -> int | None:
    """Return the process id of a program that we started and that still runs."""
    with suppress(OSError, ValueError):
        pid, born = (state() / "pid" / name).read_text().split()
        if _born(int(pid)) == born and not _defunct(int(pid)):
            return int(pid)
    return None


def stop(name: str) -> None:
    """End a program that we started; its process id may long be somebody else's."""
    pid = alive(name)
    if pid is None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + _GRACE
        while alive(name) is not None and time.monotonic() < deadline:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)


def wait_for(what: str, seconds: float, condition: Callable[[], bool], *programs: str) -> None:
    """Wait until something is there.

    Args:
        what: What is waited for.
        seconds: For how long.
        condition: Whether it is there.
        programs: Without these it never will be.

    Raises:
        ClusterError: It is not, or a program ended; with the end of its log.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        dead = next((name for name in programs if alive(name) is None), None)
        if dead or time.monotonic() > deadline:
            name = dead or (programs[0] if programs else None)
            why = f"{dead} ended" if dead else f"not within {seconds:.0f} s"
            tail = ""
            if name:
                log = state() / "log" / f"{name}.log"
                tail = "\n" + log.read_text(errors="replace")[-2000:]
            raise ClusterError(f"{what} did not come up: {why}{tail}")
        time.sleep(0.1)


def listens(name: str, port: int) -> bool:
    """Say whether it is our program, and nobody else's, that listens on a port of 127.0.0.1."""
    pid = alive(name)
    if pid is None:
        return False
    wanted = f"0100007F:{port:04X}"
    sockets = {
        fields[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (fields := line.split())[1] == wanted and fields[3] == "0A"
    }
    mine = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            mine.add(str(descriptor.readlink()))
    return any(f"socket:[{inode}]" in mine for inode in sockets)


def _stat(pid: int) -> list[str]:
    # The second field, the program's name, may hold anything but ends with the last bracket.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _born(pid: int) -> str:
    return _stat(pid)[19]


def _defunct(pid: int) -> bool:
    return _stat(pid)[0] == "Z"
