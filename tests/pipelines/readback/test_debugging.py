"""Debugging a recorded step: its exact inputs, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

import fairlead
from fairlead.binding import Stack
from fairlead.errors import CapabilityError, IntegrityError, RunNotFoundError
from fairlead.readback.debugging import RecordedStep
from fairlead.runtime.context import context, log_figure, log_metrics, register_model
from fairlead.testing.recorded_run import RecordedRun

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


def train(rows: list[int], depth: int) -> int:
    log_metrics(loss=0.25)
    log_figure("curve", SVG)
    assert context.step == "train"
    (context.scratch / "file").write_text("gone afterwards")
    return sum(rows) * depth


def contents(stack: Stack) -> dict[str, int]:
    return {info.path: info.size for info in stack.objects.list("")}


def test_a_step_is_called_as_it_was_and_nothing_is_stored(
    training: RecordedRun, stack: Stack
) -> None:
    before = contents(stack)
    ready = RecordedStep(fairlead.run(), "train", train)
    assert ready.arguments == {"rows": [1, 3], "depth": 5}
    folder = Path.cwd()
    assert ready.call() == 20
    assert ready.call(lambda function, **given: function(**given) + 1) == 21
    assert ready.metrics == {"loss": 0.25}
    assert Path.cwd() == folder
    assert contents(stack) == before
    assert context.step is None


def test_an_input_that_is_not_what_was_read_is_refused(training: RecordedRun, stack: Stack) -> None:
    version = fairlead.run()["split"].outputs["train"]
    path = stack.objects.root / version.record.path  # type: ignore[attr-defined]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"3", b"4"))
    with pytest.raises(IntegrityError):
        RecordedStep(fairlead.run(), "train", train)


def test_a_step_whose_input_was_never_made_says_which(stack: Stack) -> None:
    run = RecordedRun(stack.artifacts)
    run.step("load", outputs={"output": 1}, state="failed")
    run.step("train", inputs={"rows": "load.output"}, state="skipped")
    run.write("failed")
    with pytest.raises(RunNotFoundError, match=r"load/output, which was never made"):
        RecordedStep(fairlead.run(), "train", train)


def test_a_debugged_step_registers_no_model(training: RecordedRun) -> None:
    def register(rows: list[int], depth: int) -> None:
        register_model("model", rows)

    with pytest.raises(CapabilityError, match="nothing is written"):
        RecordedStep(fairlead.run(), "train", register).call()
