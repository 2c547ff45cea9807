"""Explain and remove the locks that Pulumi puts on a stack's state.

A self-managed backend keeps one JSON file a lock below ``.pulumi/locks``; a process that is killed
leaves its own behind, and every later update refuses to start.
"""

from __future__ import annotations

import json
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fairlead_components.engine.projects import Project

_LOCKED = re.compile(r"the stack is currently locked by \d+ lock\(s\)")
_LOCK = re.compile(
    r"created by (?P<user>[^@\s]+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)"
)


@dataclass(frozen=True, slots=True)
class StackLock:
    """Describe who locked a stack.

    Attributes:
        user: The account.
        host: The machine.
        pid: The process on it.
        at: When, as Pulumi writes it.
    """

    user: str
    host: str
    pid: int
    at: str

    def state(self) -> str:
        """Tell whether the holder lives: ``alive``, ``dead``, or ``unknown`` on another machine."""
        if self.host != platform.node():
            return "unknown"
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return "dead"
        except PermissionError:
            return "alive"
        return "alive" if _is_pulumi(self.pid) else "dead"

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}, since {self.at}): {self.state()}"


def _is_pulumi(pid: int) -> bool:
    """Tell whether a process is Pulumi: numbers are used again, the killed may be unreaped."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return True
    text = status.read_text(encoding="utf-8", errors="replace")
    name = re.search(r"^Name:\s*(.*)$", text, re.MULTILINE)
    state = re.search(r"^State:\s*(\S)", text, re.MULTILINE)
    reaped = state is None or state.group(1) not in "ZX"
    return reaped and name is not None and name.group(1).startswith("pulumi")


def is_lock_message(text: str) -> bool:
    """Tell whether what Pulumi wrote says that the stack is locked."""
    return _LOCKED.search(text) is not None


def parse_locks(text: str) -> list[StackLock]:
    """Return the locks that Pulumi's message names.

    Example:
        >>> parse_locks("created by ada@host (pid 7) at 2026-01-02T03:04:05Z")[0].pid
        7
    """
    return [
        StackLock(found["user"], found["host"], int(found["pid"]), found["at"])
        for found in _LOCK.finditer(text)
    ]


def read_locks(project: Project, stack: str) -> list[StackLock] | None:
    """Read a stack's locks from a state folder on this machine.

    Args:
        project: The project.
        stack: The stack's name.

    Returns:
        The locks; None where the state is not in a folder here, so that they cannot be read.
    """
    url = os.environ.get("PULUMI_BACKEND_URL") or project.backend_url or ""
    if not url.startswith("file://"):
        return None
    path = Path(urlsplit(url).netloc + urlsplit(url).path).expanduser()
    folder = project.directory / path / ".pulumi" / "locks" / "organization" / project.name
    locks = []
    for file in sorted((folder / stack.rpartition("/")[2]).glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        locks.append(
            StackLock(
                content["username"], content["hostname"], content["pid"], content["timestamp"]
            )
        )
    return locks


def explain_locks(stack: str, locks: list[StackLock]) -> str:
    """Say who holds a stack's locks and what to do about it.

    Args:
        stack: The stack's name.
        locks: What Pulumi named; empty where it named nobody.
    """
    held = "".join(f"\n  - {lock}" for lock in locks)
    states = {lock.state() for lock in locks}
    if states == {"dead"}:
        cure = (
            "That process was killed, and its lock stayed behind. Remove it with "
            f"`fairlead unlock {stack}` (or `pulumi cancel --stack {stack}`); then "
            f"`fairlead refresh {stack}` compares the state with what really exists."
        )
    elif "alive" in states:
        cure = "It is at work: wait for it, or stop it with Ctrl-C (`kill -INT`) where it runs."
    else:
        cure = (
            "Ask there whether it still runs. If it does not, remove the lock with "
            f"`fairlead unlock {stack} --force` (or `pulumi cancel --stack {stack}`)."
        )
    return f"The stack {stack!r} is locked by:{held}\n{cure}"
