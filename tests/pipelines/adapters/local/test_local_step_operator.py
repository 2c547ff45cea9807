"""The local step operator passes the suite of all; and what fits on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.adapters.local.local_step_operator import LocalStepOperator
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.step_operator import LocalStepOperatorContract
from fairlead.graph import Distributed, Resources, StepOptions
from fairlead.ports.attempt import AttemptStatus
from fairlead.ports.step_operator import Watches
from fairlead.testing import distributed_semantics
from fairlead.testing.step_operator import Recorded, StepOperatorSuite


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

    @pytest.mark.parametrize("how", ["cancelled", "one is killed"])
    def test_no_rank_is_left_running(
        self, operator: LocalStepOperator, stack: StackManifest, how: str
    ) -> None:
        """Neither one that was waiting for another, nor what a rank has started itself."""
        run = self.record(distributed_semantics.lingering, stack, seconds=self.patience * 5)
        reference = operator.submit(run.attempt("linger"))
        processes = self.begun(operator, run, reference)
        assert len(processes) == 3
        ended = time.monotonic()
        if how == "cancelled":
            operator.cancel(reference)
        else:
            os.kill(processes[2], 9)
            report = self.ended(operator, reference)
            assert (report.reason or "").startswith("rank 2 of 3: ")
            assert "rank 2 is" in report.log_tail
        while any(map(alive, processes)) and time.monotonic() - ended < self.patience:
            operator.changes(0.1)
        assert not any(map(alive, processes))
        assert time.monotonic() - ended < 10
        assert operator.status(reference).status is AttemptStatus.ENDED
        assert run.recorded("linger")[0].end is None

    def begun(self, operator: LocalStepOperator, run: Recorded, reference: str) -> list[int]:
        """Return the processes of an attempt, once every rank has met the others."""
        until = time.monotonic() + self.patience
        spools = [operator._spool(reference, rank) for rank in range(3)]
        while time.monotonic() < until:
            operator.changes(0.1)
            texts = [spool.read_text() if spool.exists() else "" for spool in spools]
            if all(" is " in text for text in texts):
                return [int(text.rpartition(" is ")[2]) for text in texts]
        pytest.fail(f"the ranks of {run.run} did not meet: {texts}")


def alive(process: int) -> bool:
    """Say whether a process runs; one that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_ranks_are_weighed_each() -> None:
    operator = LocalStepOperator(LocalStepOperatorContract(cpu=4))
    spread = StepOptions(
        resources=Resources(cpu=2), distributed=Distributed(nodes=2, kind="torchrun")
    )
    assert operator.refuses(spread) is None
    assert not operator.admits([spread], StepOptions())
    wider = spread.model_copy(update={"distributed": Distributed(nodes=3, kind="torchrun")})
    assert "6 cores where this machine has 4 for its 3 nodes" in (operator.refuses(wider) or "")


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
