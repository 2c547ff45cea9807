"""A run in the caller's own process: for unit tests of pipelines, and debuggers."""

from __future__ import annotations

import os

import pytest

from fairlead import context, pipeline, step
from fairlead.contracts.manifest import StackManifest
from fairlead.testing import semantics


@step
def whereami() -> int:
    print("in process", context.step)
    return os.getpid()


@pipeline
def here() -> None:
    whereami()


def test_steps_run_in_this_process_and_their_prints_are_kept(
    fairlead_stack: StackManifest, capsys: pytest.CaptureFixture[str]
) -> None:
    run = here.run(in_process=True)
    assert run.record.stack == fairlead_stack.stack
    assert run["whereami"].output.load() == os.getpid()
    assert run["whereami"].logs() == "in process whereami\n"
    assert "in process whereami" in capsys.readouterr().out


def test_an_in_process_run_serves_later_ones_from_the_cache(fairlead_stack: StackManifest) -> None:
    first = semantics.arithmetic.run(manifest=fairlead_stack, in_process=True)
    second = semantics.arithmetic.run(manifest=fairlead_stack)
    assert {step.state for step in second} == {"cached"}
    assert first["total"].output.digest == second["total"].output.digest
