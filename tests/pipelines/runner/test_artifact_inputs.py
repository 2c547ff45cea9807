"""Artifacts of other runs as inputs: by name, by run, by version, and as people put them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead import Artifact, pipeline, step
from fairlead.binding import bind
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import RunNotFoundError
from fairlead.readback.imported import put_artifact


@step
def make(value: int) -> list[int]:
    return [value]


@step
def take(values: list[int]) -> int:
    return sum(values)


@step
def read(path: Path) -> str:
    return path.read_text()


@pipeline
def making(value: int) -> None:
    make(value)


@pipeline
def taking(version: str | None = None, name: str = "making/make/output") -> None:
    take(Artifact(name, version=version))  # type: ignore[arg-type]


@pipeline
def reading(name: str) -> None:
    read(Artifact(name))  # type: ignore[arg-type]


def test_the_newest_or_a_named_version_is_read(fairlead_stack: StackManifest) -> None:
    first, second = making.run(value=1), making.run(value=2)
    newest = taking.run()
    assert newest["take"].output.load() == 2
    assert taking.run(version=first.id)["take"].output.load() == 1
    assert taking.run(name=f"{second.id}/make/output")["take"].state == "cached"
    assert newest["take"].inputs == {
        f"{second.id}/make/output": second["make"].output.digest,
    }
    used = [use.run for use in second["make"].output.used_by()]
    assert newest.id in {getattr(run, "id", run) for run in used}


def test_what_was_never_made_is_named(fairlead_stack: StackManifest) -> None:
    with pytest.raises(RunNotFoundError, match="making"):
        taking.run()
    with pytest.raises(RunNotFoundError, match="making"):
        taking.run(name="making/make")


def test_what_people_put_can_be_read(fairlead_stack: StackManifest, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello")
    put_artifact(bind(manifest=fairlead_stack), "field-notes", file)
    assert reading.run(name="field-notes")["read"].output.load() == "hello"
