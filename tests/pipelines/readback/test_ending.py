"""Going on with a run whose runner died."""

from __future__ import annotations

import pytest

import fairlead
from fairlead.binding import Stack
from fairlead.errors import FairleadError, RunNotFoundError
from fairlead.readback.ending import cancel_run, resume_run
from fairlead.runner.lease import acquire
from fairlead.testing.recorded_run import RecordedRun


def test_a_run_that_has_ended_is_not_gone_on_with(training: RecordedRun) -> None:
    with pytest.raises(RunNotFoundError, match="start it again"):
        resume_run(fairlead.run(), print)


def test_a_living_runner_is_asked_and_left_alone(stack: Stack) -> None:
    recorded = RecordedRun(stack.artifacts)
    recorded.step("load", state="running")
    recorded.write(None)
    run = fairlead.run()
    lease = acquire(stack.objects, run.layout)
    try:
        assert "asked run" in cancel_run(run, reason="enough")
        view = run.refresh().view
        assert view.end is None
        assert view.cancel is not None
        assert view.cancel.reason == "enough"
        with pytest.raises(FairleadError):
            resume_run(run, print)
    finally:
        lease.release()
    assert "its runner was dead already" in cancel_run(run)
    assert run.state == "cancelled"
