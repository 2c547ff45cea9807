"""The local step operator passes the suite of all; and what fits on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fairlead.adapters.local.local_step_operator import LocalStepOperator
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.step_operator import LocalStepOperatorContract
from fairlead.graph import Resources, StepOptions
from fairlead.ports.step_operator import Watches
from fairlead.testing.step_operator import StepOperatorSuite


@pytest.fixture
def operator() -> Iterator[LocalStepOperator]:
    operator = LocalStepOperator(LocalStepOperatorContract(cpu=4, memory=8 * 2**30, gpu=1))
    yield operator
    operator.close()


class TestLocalStepOperator(StepOperatorSuite):
    @pytest.fixture
    def stack(self, fairlead_stack: StackManifest) -> StackManifest:
        return fairlead_stack

    @pytest.fixture
    def operator(self, operator: LocalStepOperator) -> LocalStepOperator:
        return operator


def test_tells_of_changes_as_they_come(operator: LocalStepOperator) -> None:
    assert isinstance(operator, Watches)


def test_what_never_fits_is_named_with_what_there_is(operator: LocalStepOperator) -> None:
    fits = StepOptions(resources=Resources(cpu=4, memory="8Gi", gpu=1))
    assert operator.refuses(fits) is None
    over = StepOptions(resources=Resources(cpu=5, memory="9Gi", gpu=2))
    said = operator.refuses(over) or ""
    assert "5 cores where this machine has 4" in said
    assert "2 accelerators where this machine has 1" in said
    assert "memory" in said


def test_what_does_not_fit_now_waits(operator: LocalStepOperator) -> None:
    three = StepOptions(resources=Resources(cpu=3))
    assert operator.admits([], StepOptions(resources=Resources(cpu=99)))
    assert operator.admits([three], StepOptions())
    assert not operator.admits([three], StepOptions(resources=Resources(cpu=2)))
    with_gpu = StepOptions(resources=Resources(gpu=1))
    assert not operator.admits([with_gpu], with_gpu)
