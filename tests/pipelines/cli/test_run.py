"""``fairlead run`` and what follows it, for real: the local stack, worker processes, the cache."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fairlead.binding import Stack

CODE = """
from typing import Annotated
from fairlead import log_figure, log_metrics, pipeline, step

FACTOR = 10

@step
def load(year: int) -> list[int]:
    print("loading", year)
    return [year, 2]

@step
def train(rows: list[int], depth: int) -> int:
    if depth > 8:
        raise ValueError(f"depth {depth} is too large")
    log_metrics(loss=0.5)
    log_figure("curve", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    return sum(rows) * depth * FACTOR

@pipeline
def training(year: int = 2026, depth: int = 2):
    "Train once."
    train(load(year), depth)
"""


@pytest.fixture
def project(stack: Stack, tmp_path: Path) -> Path:
    """Return the folder of a project that is bound to an empty local stack."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text(CODE)
    (folder / "pyproject.toml").write_text("[project]\nname = 'demo'\nversion = '1'\n")
    (folder / "requirements.txt").write_text("fairlead\n")
    return folder


def fairlead(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the project."""
    return subprocess.run(
        [sys.executable, "-m", "fairlead.cli.main", *words], cwd=project, env=os.environ,
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_what_to_try_next_names_the_same_stack(project: Path) -> None:
    manifest = os.environ["FAIRLEAD_MANIFEST"]
    done = fairlead(project, "run", "train.py", "--manifest", manifest)
    assert re.search(rf"fairlead runs open \S+ --manifest {re.escape(manifest)} ", done.stdout)


def test_a_run_from_its_start_to_its_debugger(project: Path, cli: Any) -> None:
    done = fairlead(project, "run", "train.py", "-p", "depth=3", "--tag", "team=vision")
    assert done.returncode == 0, done.stderr
    for told in ("✓ load", "succeeded", "loss", "artifacts   file://", "run record  file://",
                 "load", "─▶", "Next:", "fairlead runs open"):  # fmt: skip
        assert told in done.stdout, told
    picture = Path(re.search(r"picture\s+(\S+)", done.stdout)[1])  # type: ignore[index]
    assert "train" in ET.parse(picture).getroot().itertext().__next__()
    first = cli("runs", "show", "--json").data
    assert (first["state"], first["tags"]) == ("succeeded", {"team": "vision"})

    # The same again: everything is cached, metrics are those of the first run.
    again = fairlead(project, "run", "train.py:training", "-p", "depth=3", "--json")
    cached = _json(again)
    assert {step["state"] for step in cached["steps"]} == {"cached"}
    assert cached["steps"][1]["metrics"] == {"loss": 0.5}
    assert "cached, made by run " + first["id"] in cli("cache", "explain", "latest", "train").out

    # An edited constant and another parameter: told by `cache explain`.
    (project / "train.py").write_text(CODE.replace("FACTOR = 10", "FACTOR = 11"))
    changed = _json(fairlead(project, "run", "train.py", "-p", "depth=4", "--json"))
    assert [step["state"] for step in changed["steps"]] == ["cached", "succeeded"]
    explained = cli("cache", "explain", "latest", "train", "--json").data
    assert explained["compared_with"] == cached["id"]
    assert [(c["part"], c["name"]) for c in explained["changes"]] == [
        ("source", "train.py:FACTOR"),
        ("parameters", "depth"),
    ]

    # The first run's step, with the first run's code, though the project has changed since.
    debugged = fairlead(project, "runs", "debug", first["id"], "train", "--no-pdb")
    assert debugged.returncode == 0, debugged.stderr
    assert f"result: int {(2026 + 2) * 3 * 10}" in debugged.stdout
    assert "metric loss = 0.5" in debugged.stdout
    assert len(cli("runs", "list", "--json").data) == 3


def _json(done: subprocess.CompletedProcess[str]) -> Any:
    import json

    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_failed_step_ends_with_1_and_says_what_next(project: Path, cli: Any) -> None:
    done = fairlead(project, "run", "train.py", "-p", "depth=9")
    assert done.returncode == 1
    assert "ValueError: depth 9 is too large" in done.stderr
    assert 'File "train.py", line' in done.stderr
    assert "fairlead/runtime" not in done.stderr
    assert "fairlead runs debug" in done.stdout
    debugged = fairlead(project, "runs", "debug", "latest", "train", "--no-pdb")
    assert debugged.returncode == 1
    assert "depth 9 is too large" in debugged.stderr
    assert "runtime/execute" not in debugged.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none.py"], "none.py is not a file"),
        (["train.py:nothing"], "defines no pipeline 'nothing'"),
        (["train.py", "-p", "dept=3"], "did you mean 'depth'?"),
        (["train.py", "-p", "depth=deep"], "depth"),
        (["train.py", "-p", "depth"], "write -p name=value"),
        (["train.py", "-p", "depth=1", "-p", "depth=2"], "given twice"),
        (["train.py", "-s", "other"], "other"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2_and_records_nothing(
    project: Path, cli: Any, words: list[str], told: str
) -> None:
    done = fairlead(project, "run", *words)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert cli("runs", "list", "--json").data == []


def test_in_process_prints_through(project: Path) -> None:
    done = fairlead(project, "run", "train.py", "--in-process")
    assert done.returncode == 0, done.stderr
    assert "loading 2026" in done.stdout


SLOW = """
import time
from pathlib import Path
from fairlead import pipeline, step

@step
def first() -> int:
    return 1

@step
def wait(number: int, mark: str) -> int:
    Path(mark).write_text("begun")
    time.sleep(60)
    return number

@pipeline
def slow(mark: str):
    wait(first(), mark)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_what_was_finished_before_a_stop_can_be_read(
    project: Path, cli: Any, sent: signal.Signals
) -> None:
    (project / "slow.py").write_text(SLOW)
    mark = project / "mark"
    words = [sys.executable, "-m", "fairlead.cli.main", "run", "slow.py", "-p", f"mark={mark}"]
    with subprocess.Popen(
        words, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not mark.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(sent)
        _, told = process.communicate(timeout=60)
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert told.startswith("interrupted: run ")
        assert "Traceback" not in told
    else:
        assert cli("runs", "list", "--json").data[0]["state"] == "running"
        assert "its runner was dead already" in cli("runs", "cancel", "latest").out
    data = cli("runs", "show", "--json").data
    assert data["state"] == "cancelled"
    assert [step["state"] for step in data["steps"]] == ["succeeded", "cancelled"]
    assert cli("artifacts", "show", "latest/first").status == 0
