"""Chaos, soak and scale: what only shows under killing, repetition or size."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from fairlead import pipeline, step
from fairlead.binding import bind
from fairlead.contracts.manifest import StackManifest
from fairlead.readback.runs import Run, history, wanted
from fairlead.store.records import Outcome
from fairlead.store.state import read_run

pytestmark = pytest.mark.long

_SEED = int(os.environ.get("FAIRLEAD_CHAOS_SEED", "20261121"))


@step(cache=False)
def work(index: int, before: int) -> int:
    time.sleep(0.02)
    return index + before


@step
def gather(values: list[int]) -> int:
    return sum(values)


@pipeline
def busy(branches: int = 8, length: int = 6) -> None:
    ends = []
    for branch in range(branches):
        value: int = 0
        for index in range(length):
            value = work(index, value)
        ends.append(value)
        del branch
    gather(ends)


@step
def leaf(index: int) -> int:
    return index


@pipeline
def wide(width: int) -> None:
    for index in range(width):
        leaf(index)


def _children_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in children.read_text().split()] if children.exists() else []
    return found + [grandchild for child in found for grandchild in _children_of(child)]


@pytest.mark.parametrize("round_", range(5))
def test_killed_again_and_again_a_run_still_ends_and_repeats_nothing(
    fairlead_stack: StackManifest, round_: int
) -> None:
    """Kill the runner or one of its children at random times, resume, until the run has ended."""
    dice = random.Random(_SEED + round_)
    stack = bind(manifest=fairlead_stack)
    run = busy.run(manifest=fairlead_stack, wait=False)
    kills = 0
    until = time.monotonic() + 120
    while time.monotonic() < until:
        time.sleep(dice.uniform(0.05, 0.6))
        view = read_run(stack.objects, run.id)
        if view.end is not None:
            break
        pids = [lease.pid for lease in view.leases[-1:]]
        alive = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        if alive and kills < 6:
            victims = alive + _children_of(alive[0])
            victim = dice.choice(victims)
            os.kill(victim, signal.SIGKILL)
            kills += 1
            if victim != alive[0]:
                continue
            while Path(f"/proc/{alive[0]}").exists() and _state(alive[0]) != "Z":
                time.sleep(0.02)
        if not alive or kills:
            subprocess.run(
                [sys.executable, "-m", "fairlead.cli.main", "runs", "resume", run.id],
                capture_output=True, check=False, timeout=120,
            )  # fmt: skip
    view = read_run(stack.objects, run.id)
    assert view.end is not None, f"not ended after {kills} kills (seed {_SEED + round_})"
    for step_view in view.steps.values():
        successes = [
            attempt.number
            for attempt in step_view.attempts
            if attempt.end and attempt.end.outcome is Outcome.SUCCEEDED
        ]
        assert len(successes) <= 1
        if successes:
            assert step_view.attempts[-1].number == successes[0], "a finished step ran again"
    if view.end.state == "succeeded":
        assert Run(stack, run.id)["gather"].output.load() == 8 * sum(range(6))


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_two_hundred_runs_leave_nothing_behind(
    fairlead_stack: StackManifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Descriptors, processes, temporary files and memory stay where they were."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    busy.run(manifest=fairlead_stack, branches=1, length=2)
    before = _open_files(), len(_children_of(os.getpid())), len(list(temporary.iterdir()))
    memory = _resident()
    for index in range(200):
        busy.run(manifest=fairlead_stack, branches=1, length=1 + index % 3)
    after = _open_files(), len(_children_of(os.getpid())), len(list(temporary.iterdir()))
    assert after == before
    assert _resident() - memory < 50 << 20
    found = history(bind(manifest=fairlead_stack), 300, wanted(pipeline="busy"))
    assert len(found) == 201
    assert {str(run.state) for run in found} == {"succeeded"}


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_ten_thousand_steps_side_by_side(fairlead_stack: StackManifest) -> None:
    """A wide fan-out ends, is listed and read back, in less than 1 GB."""
    run = wide.run(manifest=fairlead_stack, width=10_000)
    assert len(run) == 10_000
    assert run["leaf_10000"].output.load() == 9_999
    assert _resident() < 1 << 30
    again = wide.run(manifest=fairlead_stack, width=10_000)
    assert {str(step.state) for step in again} == {"cached"}
