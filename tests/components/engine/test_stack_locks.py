"""A lock's holder is told apart: alive, dead, or somewhere else."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

from fairlead_components.engine.stack_locks import StackLock, explain_locks, parse_locks

HERE = platform.node()


def _dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def _lock(pid: int, host: str = HERE) -> StackLock:
    return StackLock("ada", host, pid, "2026-01-02T03:04:05Z")


def test_pulumis_message_is_read():
    told = (
        "error: the stack is currently locked by 2 lock(s). Either wait …\n"
        "  file:///a/b.json: created by ada@box (pid 71) at 2026-01-02T03:04:05Z\n"
        "  file:///a/c.json: created by bob@other.example (pid 8) at 2026-01-02T03:04:06Z\n"
    )
    assert [(lock.user, lock.host, lock.pid) for lock in parse_locks(told)] == [
        ("ada", "box", 71),
        ("bob", "other.example", 8),
    ]


def test_a_dead_holder_is_known_here_and_unknown_elsewhere():
    assert _lock(_dead_pid()).state() == "dead"
    assert _lock(1, host="elsewhere").state() == "unknown"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_a_process_number_used_again_by_another_program_is_not_the_holder():
    assert _lock(os.getpid()).state() == "dead"


def test_each_case_gets_its_own_cure():
    dead = explain_locks("local", [_lock(_dead_pid())])
    assert "was killed" in dead
    assert "`fairlead unlock local`" in dead
    assert "pulumi cancel --stack local" in dead
    elsewhere = explain_locks("local", [_lock(7, host="elsewhere")])
    assert "ada@elsewhere" in elsewhere
    assert "unlock local --force" in elsewhere
