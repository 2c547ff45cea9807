"""Whatever is killed or interrupted in the middle: nothing that was finished is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from fault_project import Cli, alive, wait_until

#: `slow` waits until a file is there, so that a test says when it may end.
WAITING = """
import os
import time
from pathlib import Path
from fairlead import context, pipeline, step

@step
def first() -> int:
    with open(os.environ["RAN"], "a") as file:
        print("first", file=file)
    return 42

@step
def slow(number: int) -> int:
    print("last words of slow", flush=True)
    with open(os.environ["RAN"], "a") as file:
        print("slow", file=file)
    until = time.monotonic() + 60
    while not Path(os.environ["RAN"] + ".go").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return number + 1

@step
def beside(number: int) -> int:
    return number * 2

@step
def last(number: int) -> int:
    return number

@pipeline
def training() -> None:
    number = first()
    beside(number)
    last(slow(number))
"""


class Interrupted:
    """A run that waits in its second step."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self.cli, self.store = cli, folder / "stack" / "store"
        self.ran = folder / "ran"
        cli.environment["RAN"] = str(self.ran)
        cli.write(WAITING)

    def start(self) -> subprocess.Popen[str]:
        process = self.cli.start("run", "train.py")
        wait_until(self.waits, "the second step runs")
        return process

    def waits(self) -> bool:
        done = list(self.store.glob("runs/*/*/steps/beside/1/end.json"))
        return bool(done) and self.ran.exists() and "slow" in self.ran.read_text()

    def workers(self) -> list[int]:
        claims = self.store.glob("runs/*/*/steps/*/*/claim.json")
        return [json.loads(claim.read_text())["pid"] for claim in claims]

    def worker(self) -> int:
        (claim,) = self.store.glob("runs/*/*/steps/slow/1/claim.json")
        return int(json.loads(claim.read_text())["pid"])

    def go(self) -> None:
        Path(f"{self.ran}.go").touch()

    def states(self) -> dict[str, str]:
        shown = self.cli.data("runs", "show", "latest")
        return {step["id"]: step["state"] for step in shown["steps"]}

    def times(self, step: str) -> int:
        return self.ran.read_text().split().count(step)

    def finished_is_readable(self) -> None:
        assert "42" in self.cli("artifacts", "show", "latest/first/output").out
        assert "84" in self.cli("artifacts", "show", "latest/beside/output").out

    def nothing_is_left(self) -> None:
        wait_until(lambda: not any(map(alive, self.workers())), "every worker is gone", 10)


@pytest.fixture
def run(stacked: Cli, tmp_path: Path) -> Interrupted:
    return Interrupted(stacked, tmp_path)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [False, True])
def test_an_interrupted_run(run: Interrupted, how: signal.Signals, whole_group: bool) -> None:
    process = run.start()
    if whole_group:  # as a terminal does
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    said = run.cli.end(process)
    said.refuses(130, "interrupted", "fairlead run")
    run.nothing_is_left()
    assert run.states() == {
        "first": "succeeded", "beside": "succeeded", "slow": "cancelled", "last": "cancelled",
    }  # fmt: skip
    run.finished_is_readable()
    run.go()
    again = run.cli("run", "train.py")
    assert again.status == 0, again
    assert run.times("first") == 1
    run.cli("runs", "resume", "latest").refuses(2, "succeeded")


def test_a_killed_runner_and_resume(run: Interrupted) -> None:
    process = run.start()
    process.kill()
    process.wait()
    run.nothing_is_left()
    shown = run.cli("runs", "show", "latest")
    assert shown.status == 0
    assert "runner" in shown.out + shown.err
    assert "died" in shown.out + shown.err
    assert "fairlead runs resume" in shown.out + shown.err
    listed = run.cli("runs", "list")
    assert "runner died" in listed.out
    assert "fairlead runs resume 01" in listed.out
    assert " -s test` ends it" in run.cli("runs", "show", "latest", "-s", "test").out
    assert [one["runner_alive"] for one in run.cli.data("runs", "list")] == [False]
    run.finished_is_readable()
    run.go()
    run.cli.write("raise RuntimeError('a run goes on with the code that it was started with')")
    resumed = run.cli("runs", "resume", "latest")
    assert resumed.status == 0, resumed
    assert run.states() == dict.fromkeys(("first", "beside", "slow", "last"), "succeeded")
    assert run.times("first") == 1
    assert run.times("slow") == 2
    assert "43" in run.cli("artifacts", "show", "latest/last/output").out
    assert "died" not in run.cli("runs", "list").out


def test_a_killed_runner_and_the_same_run_again(run: Interrupted) -> None:
    process = run.start()
    process.kill()
    process.wait()
    run.nothing_is_left()
    run.go()
    again = run.cli("run", "train.py")
    assert again.status == 0, again
    assert run.times("first") == 1
    assert run.states()["first"] == "cached"
    assert run.states()["beside"] == "cached"
    assert run.states()["last"] == "succeeded"


def test_a_killed_runner_that_nobody_waits_for(run: Interrupted) -> None:
    submitted = run.cli("run", "train.py", "--detach")
    assert submitted.status == 0, submitted
    wait_until(run.waits, "the second step runs")
    (lease,) = run.store.glob("runs/*/*/runner/1.json")
    os.kill(json.loads(lease.read_text())["pid"], signal.SIGKILL)
    run.nothing_is_left()
    assert run.cli.data("runs", "show", "latest")["runner_alive"] is False
    assert "cancel" in run.cli("runs", "show", "latest").out
    run.cli("runs", "cancel", "latest")
    assert run.states()["slow"] == "cancelled"
    run.finished_is_readable()
    run.cli("runs", "resume", "latest").refuses(2, "cancelled", "fairlead run")


def test_a_run_that_lives_is_not_resumed(run: Interrupted) -> None:
    process = run.start()
    run.cli("runs", "resume", "latest").refuses(1, "walked by another runner")
    assert [one["runner_alive"] for one in run.cli.data("runs", "list")] == [True]
    run.go()
    said = run.cli.end(process)
    assert said.status == 0, said
    assert run.times("slow") == 1


def test_a_killed_worker(run: Interrupted) -> None:
    process = run.start()
    os.kill(run.worker(), signal.SIGKILL)
    said = run.cli.end(process)
    said.refuses(1, "step 'slow'", "SIGKILL", "last words of slow", "fairlead runs show")
    run.nothing_is_left()
    assert run.states() == {
        "first": "succeeded", "beside": "succeeded", "slow": "failed", "last": "skipped",
    }  # fmt: skip
    run.finished_is_readable()


def test_the_process_that_forks_workers_is_killed(run: Interrupted) -> None:
    process = run.start()
    parent = int(Path(f"/proc/{run.worker()}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    run.go()
    said = run.cli.end(process)
    said.refuses(1, "forks workers")
    run.finished_is_readable()
    again = run.cli("run", "train.py")
    assert again.status == 0, again
