"""Lineage both ways, joined across cached steps."""

from __future__ import annotations

import pytest

import fairlead
from fairlead.binding import Stack
from fairlead.errors import RunNotFoundError
from fairlead.graph import ArtifactInput
from fairlead.readback.lineage import Made, Use, find_version
from fairlead.testing.recorded_run import RecordedRun


def names(made: Made) -> dict[str, object]:
    """Return a lineage as nested steps."""
    return {one.version.step: names(one) for one in made.inputs}


def test_what_made_an_artifact_goes_back_to_the_beginning(training: RecordedRun) -> None:
    made = fairlead.run()["evaluate"].output.lineage()
    trained = {"split": {"load": {}}}
    assert names(made) == {"train": trained, "train_2": trained, "split": {"load": {}}}
    assert made.inputs[0].parameters == {"depth": 5}


def test_uses_are_joined_across_runs_and_cached_steps(
    training: RecordedRun, cached: RecordedRun, stack: Stack
) -> None:
    first = fairlead.run(training.run)["train"].output
    expected = [
        Use(cached.run, "publish", "training"),
        Use(training.run, "evaluate", "training"),
    ]
    assert first.used_by() == expected
    assert fairlead.run(cached.run)["train"].output.used_by() == expected
    # An artifact of another run as an input; the first scan is kept, the new run is still seen.
    later = RecordedRun(stack.artifacts, pipeline="scoring")
    version = ArtifactInput(
        version=f"{cached.run}/train/output",
        digest=first.digest,
        materializer=first.record.written_by,
    )
    later.step("score", inputs={"model": version}, outputs={"output": 1})
    later.write()
    assert first.used_by() == [Use(later.run, "score", "scoring"), *expected]
    made = fairlead.run(later.run)["score"].output.lineage()
    assert [one.version.version for one in made.inputs] == [first.version]


def test_a_run_that_goes_on_counts_but_is_not_kept(training: RecordedRun, stack: Stack) -> None:
    first = fairlead.run(training.run)["load"].output
    going_on = RecordedRun(stack.artifacts, pipeline="scoring")
    version = ArtifactInput(
        version=first.version, digest=first.digest, materializer=first.record.written_by
    )
    going_on.step("score", inputs={"rows": version}, state="running")
    going_on.write(None)
    uses = [Use(going_on.run, "score", "scoring"), Use(training.run, "split", "training")]
    assert first.used_by() == uses
    assert first.used_by() == uses


def test_versions_are_found_by_what_people_write(training: RecordedRun, stack: Stack) -> None:
    full = f"{training.run}/split/test"
    for text in (
        full,
        f"{training.run[-8:]}/split/test",
        "latest/split/test",
        "training/split/test",
    ):
        assert find_version(stack, text).version == full
    assert find_version(stack, "latest/load").version == f"{training.run}/load/output"
    assert find_version(stack, "training/load").version == f"{training.run}/load/output"
    for text in ("latest/split", "latest/none/output", "other/load/output", "nothing", "a//b"):
        with pytest.raises(RunNotFoundError):
            find_version(stack, text)
