"""The local step operator: what fits, which process runs what, and how a lost one is told.

That whole runs keep their promises through it is the orchestrator's suite.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from fairlead.adapters.local.local_step_operator import LocalStepOperator
from fairlead.contracts.step_operator import LocalStepOperatorContract
from fairlead.graph import Resources, StepOptions
from fairlead.ports.attempt import Attempt, AttemptReport, AttemptStatus
from fairlead.ports.step_operator import Closes, HasCapacity, StepOperator, Watches


def attempt(number: int = 1, options: StepOptions | None = None) -> Attempt:
    """Return an attempt of a run that does not exist: its worker ends it without a record."""
    return Attempt(
        run_uri="file:///nonexistent/runs/20251119/01KAEW8J00ABCDEFGHJKMNPQRS",
        run_digest="sha256:" + "0" * 64,
        step="train",
        number=number,
        options=options or StepOptions(),
        image=None,
        labels={},
    )


@pytest.fixture
def operator() -> Iterator[LocalStepOperator]:
    operator = LocalStepOperator(LocalStepOperatorContract(cpu=4, memory=8 * 2**30, gpu=1))
    yield operator
    operator.close()


def ended(operator: LocalStepOperator, reference: str) -> AttemptReport:
    """Return an attempt's report when it has ended."""
    for _ in range(600):
        if operator.status(reference).status is AttemptStatus.ENDED:
            break
        operator.changes(0.1)
    return operator.status(reference)


@pytest.mark.parametrize("port", [StepOperator, Watches, HasCapacity, Closes])
def test_is_the_port(operator: LocalStepOperator, port: type) -> None:
    assert isinstance(operator, port)


def test_what_never_fits_is_refused_in_words(operator: LocalStepOperator) -> None:
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


def test_an_attempt_that_cannot_be_recorded_tells_why(operator: LocalStepOperator) -> None:
    reference = operator.submit(attempt())
    report = ended(operator, reference)
    assert report.status is AttemptStatus.ENDED
    assert "nonexistent" in (report.reason or "") + report.log_tail


def test_a_reference_of_nobody_is_unknown(operator: LocalStepOperator) -> None:
    assert operator.status("train/1#99").status is AttemptStatus.UNKNOWN
    operator.cancel("train/1#99")


def test_a_cancelled_attempt_has_ended_when_cancel_returns(operator: LocalStepOperator) -> None:
    reference = operator.submit(attempt())
    operator.cancel(reference)
    report = operator.status(reference)
    assert report.status is AttemptStatus.ENDED
    killed = signal.Signals.SIGKILL.name
    assert killed in (report.reason or "") or "nonexistent" in (report.reason or "")
