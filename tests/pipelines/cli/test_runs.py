"""``fairlead runs`` over recorded runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import fairlead
from fairlead.binding import Stack
from fairlead.testing.recorded_run import RecordedRun


def test_list_for_people_and_for_programs(
    cli: Any, training: RecordedRun, cached: RecordedRun
) -> None:
    data = cli("runs", "list", "--json").data
    assert [run["id"] for run in data] == [cached.run, training.run]
    assert data[1]["steps"] == {"succeeded": 5}
    told = cli("runs", "list", "--tag", "team=vision", "--since", "1h").out
    assert training.run in told
    assert cached.run not in told
    assert cli("runs", "list", "--state", "failed").err.startswith("no such runs")
    assert cli("runs", "list", "-n", "1", "--json").data[0]["id"] == cached.run
    for wrong in (["--state", "done"], ["--since", "soon"], ["--tag", "novalue"]):
        answer = cli("runs", "list", *wrong)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.startswith("error: ")


def test_show(cli: Any, training: RecordedRun) -> None:
    told = cli("runs", "show").out
    for part in (training.run, "succeeded", "load", "accuracy", "0.97", "ada on laptop", "─▶"):
        assert part in told
    data = cli("runs", "show", training.run[-6:], "--json").data
    steps = {step["id"]: step for step in data["steps"]}
    assert steps["evaluate"]["metrics"] == {"accuracy": 0.97}
    assert steps["split"]["outputs"]["test"]["version"] == f"{training.run}/split/test"
    assert data["provenance"]["person"] == "ada"
    assert cli("runs", "show", "bogus").status == 2


def test_show_tells_why_a_step_failed(cli: Any, stack: Stack) -> None:
    run = RecordedRun(stack.artifacts)
    run.step("train", outputs={"output": 1}, state="failed", log="boom\n")
    run.write("failed")
    told = cli("runs", "show").out
    assert "step train failed: ValueError: depth must be positive" in told
    (failed,) = cli("runs", "show", "--json").data["steps"]
    assert failed["failure"]["type"] == "ValueError"
    assert 'File "train.py", line 7' in failed["failure"]["traceback"]
    assert 'File "train.py", line 7' in told


def test_logs(cli: Any, training: RecordedRun) -> None:
    assert cli("runs", "logs", "latest", "load").out == "loading\n"
    assert cli("runs", "logs").out == "load | loading\n"
    assert cli("runs", "logs", "--json").data["load"] == "loading\n"
    assert cli("runs", "logs", "latest", "load", "--attempt", "2").status == 2


def test_diff(cli: Any, training: RecordedRun, cached: RecordedRun) -> None:
    found = {
        (one["section"], one["name"]): (one["before"], one["after"])
        for one in cli("runs", "diff", training.run, "latest", "--json").data
    }
    assert found["parameters", "depths"] == ([1, 2], [1])
    assert found["steps", "load"] == ("succeeded", "cached")
    assert found["metrics", "evaluate.accuracy"] == (0.97, None)
    assert ("outputs", "load.output") not in found
    assert ("code", "train.py:publish") in found
    told = cli("runs", "diff").out
    assert "depths" in told
    assert (
        told
        == cli("runs", "diff", cached.run).out
        == cli("runs", "diff", training.run, "latest").out
    )
    first = cli("runs", "diff", training.run)
    assert (first.status, "submitted before" in first.err) == (2, True)
    assert "alike" in cli("runs", "diff", training.run, training.run).err


def test_open_writes_a_page(cli: Any, training: RecordedRun, tmp_path: Path) -> None:
    path = Path(cli("runs", "open").out.strip())
    assert path.read_text().startswith("<!doctype html>")
    assert path.is_relative_to(tmp_path)
    assert (path.parents[1] / ".gitignore").read_text() == "*\n"
    other = tmp_path / "other.html"
    assert cli("runs", "open", "-o", str(other), "--json").data == {"path": str(other)}


def test_cancel(cli: Any, stack: Stack, training: RecordedRun) -> None:
    assert "nothing to cancel" in cli("runs", "cancel", training.run).err
    run = RecordedRun(stack.artifacts)
    run.step("load", outputs={"output": 1})
    run.step("train", inputs={"rows": "load.output"}, state="running")
    run.write(None)
    answer = cli("runs", "cancel", run.run, "--json").data
    assert answer["state"] == "cancelled"
    steps = {step.id: step.state for step in fairlead.run(run.run)}
    assert steps == {"load": "succeeded", "train": "cancelled"}
    resumed = cli("runs", "resume", run.run)
    assert resumed.status == 2
    assert "cancelled" in resumed.err


@pytest.mark.parametrize("command", ["show", "logs", "open", "resume"])
def test_an_empty_store_is_told(cli: Any, stack: Stack, command: str) -> None:
    answer = cli("runs", command)
    assert answer.status == 2
    assert "holds no runs yet" in answer.err
