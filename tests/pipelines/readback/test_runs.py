"""The Python API that reads runs back."""

from __future__ import annotations

import pytest

import fairlead
from fairlead.binding import Stack
from fairlead.errors import IntegrityError, RunNotFoundError
from fairlead.store.state import RunState, State
from fairlead.testing.recorded_run import RecordedRun


def test_a_run_tells_everything_of_its_steps(training: RecordedRun) -> None:
    run = fairlead.run("latest")
    assert (run.id, run.state, run.pipeline) == (training.run, RunState.SUCCEEDED, "training")
    assert run.parameters == {"depths": [1, 2]}
    assert run.tags == {"team": "vision"}
    assert [step.id for step in run] == ["load", "split", "train", "train_2", "evaluate"]
    assert run.seconds == pytest.approx(7)
    train = run["train"]
    assert (train.state, train.seconds, len(train.attempts)) == (State.SUCCEEDED, 2.0, 1)
    assert train.metrics == {"loss": 0.2}
    assert train.parameters == {"depth": 5}
    split = run["split"]
    assert train.inputs == {f"{run.id}/split/train": split.outputs["train"].digest}
    assert run["load"].logs() == "loading\n"
    assert run["load"].attempts[0].outcome == "succeeded"
    assert set(run["evaluate"].figures) == {"confusion"}
    assert run["evaluate"].figure("confusion").startswith(b"<svg")
    assert run.metrics["evaluate"] == {"accuracy": 0.97}


def test_values_are_loaded_and_opened(training: RecordedRun) -> None:
    run = fairlead.run(training.run)
    assert run["evaluate"].output.load() == 0.97
    assert dict(run["split"].outputs.items())["test"].load() == [2]
    version = run["load"].output
    assert version.version == f"{run.id}/load/output"
    assert version.digest.startswith("sha256:")
    with version.open() as file:
        assert file.read() == b"[1,2,3]" or b"1" in version.open().read()


def test_a_flipped_byte_is_noticed_by_every_way_of_reading(
    training: RecordedRun, stack: Stack, tmp_path: object
) -> None:
    version = fairlead.run()["load"].output
    path = stack.objects.root / version.record.path  # type: ignore[attr-defined]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    with pytest.raises(IntegrityError):
        version.load()
    with pytest.raises(IntegrityError):
        version.open()
    with pytest.raises(IntegrityError):
        version.get(path.parent / "copy")
    assert not (path.parent / "copy").exists()


def test_a_cached_step_tells_what_made_it(training: RecordedRun, cached: RecordedRun) -> None:
    train = fairlead.run("latest")["train"]
    assert train.run.id == cached.run
    assert train.state is State.CACHED
    assert train.attempts == []
    assert train.logs() == ""
    assert train.output.load() == {"weight": 2.5}
    assert train.output.version == f"{cached.run}/train/output"
    assert train.output.origin == f"{training.run}/train/output"
    assert train.metrics == {"loss": 0.2}


def test_wrong_names_are_told_with_the_right_ones(training: RecordedRun) -> None:
    run = fairlead.run()
    with pytest.raises(RunNotFoundError, match=r"did you mean 'train'\?"):
        run["trian"]
    with pytest.raises(RunNotFoundError, match="its outputs: train, test"):
        run["split"].outputs["model"]
    with pytest.raises(RunNotFoundError, match=r"take one with \.outputs\[name\]"):
        _ = run["split"].output
    with pytest.raises(RunNotFoundError, match="no number 7"):
        run["load"].logs(attempt=7)
    with pytest.raises(RunNotFoundError, match="its figures: confusion"):
        run["evaluate"].figure("roc")
    with pytest.raises(RunNotFoundError, match="the states are"):
        fairlead.runs(state="done")


def test_a_failed_step_has_no_outputs_and_says_so(stack: Stack) -> None:
    recorded = RecordedRun(stack.artifacts)
    recorded.step("load", outputs={"output": 1}, state="failed", log="boom\n")
    recorded.step("train", inputs={"rows": 1}, state="skipped")
    recorded.write("failed")
    run = fairlead.run()
    assert run.state == "failed"
    assert run["load"].failure is not None
    assert run["load"].reason == "ValueError: depth must be positive"
    assert run["train"].reason == "an upstream step failed"
    with pytest.raises(RunNotFoundError, match="failed"):
        _ = run["load"].output


def test_listing_and_waiting(training: RecordedRun, stack: Stack) -> None:
    assert [run.id for run in fairlead.runs(tags={"team": "vision"})] == [training.run]
    assert fairlead.runs(pipeline="scoring") == []
    going_on = RecordedRun(stack.artifacts)
    going_on.step("load", state="running")
    going_on.write(None)
    run = fairlead.runs(limit=1)[0]
    assert (run.id, run.state) == (going_on.run, "running")
    with pytest.raises(TimeoutError):
        run.wait(0, poll=0.001)
    assert fairlead.run(training.run).wait(0).state == "succeeded"
