"""Tell the tracker how a run ended, where its steps could not."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from fairlead.errors import FairleadError
from fairlead.runtime.session import Session
from fairlead.store.layout import RunLayout
from fairlead.store.records import AttemptEnd, AttemptReference, RunEnd

_log = logging.getLogger("fairlead")


def show_end(
    session: Session, end: RunEnd, reused: Mapping[str, AttemptReference], *, lost: bool
) -> None:
    """Show a run as it ended: a person who compares runs looks for those from the cache, too.

    Steps tell the tracker themselves; nothing is asked of it unless some could not. A tracker that
    does not answer is no failure of the run, whose record holds all of it.

    Args:
        session: The run.
        end: How it ended.
        reused: Step → the attempt whose outputs it took from the cache.
        lost: Whether an attempt ended without a word of its own.
    """
    if not (reused or lost) or session.stack.contract("experiment_tracker") is None:
        return
    from fairlead.ports.ended_run import EndedRun, ShowsEndedRuns

    try:
        with ThreadPoolExecutor(16) as pool:
            found = pool.map(lambda reference: _numbers(session, reference), reused.values())
            numbers = {step: logged for step, logged in zip(reused, found, strict=True) if logged}
        if not (numbers or lost):
            return
        tracker = session.stack.adapter("experiment_tracker")
        if isinstance(tracker, ShowsEndedRuns):
            record = session.record
            succeeded = end.state == "succeeded"
            tracker.end_run(
                EndedRun(record.run, record.graph.pipeline, succeeded, record.tags, numbers)
            )
    except FairleadError as error:
        _log.warning("the experiment tracker does not show how the run ended: %s", error)


def _numbers(session: Session, reference: AttemptReference) -> dict[str, float]:
    path = RunLayout(reference.run).attempt_end(reference.step, reference.attempt)
    end = AttemptEnd.from_bytes(session.objects.get(path), path)
    return {metric.name: metric.value for metric in end.metrics if math.isfinite(metric.value)}
