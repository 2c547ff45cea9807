"""Follow a run that is walked elsewhere, by its records."""

from __future__ import annotations

import time

from fairlead.runner.events import Event, Observer
from fairlead.runtime.session import Session
from fairlead.store.records import RunEnd
from fairlead.store.state import State, read_run


def follow(session: Session, observer: Observer, *, poll: float = 2.0) -> RunEnd:
    """Tell of every change of a run until it has ended.

    Args:
        session: The run.
        observer: Told of every change.
        poll: Seconds between looks.

    Returns:
        How it ended.

    Raises:
        StoreError: The store cannot be read.
    """
    told: dict[str, tuple[State, int]] = {}
    while True:
        view = read_run(session.objects, session.record.run)
        for step in view.steps.values():
            number = step.attempts[-1].number if step.attempts else 0
            if step.state is State.PENDING or told.get(step.id) == (step.state, number):
                continue
            told[step.id] = (step.state, number)
            end = step.attempts[-1].end if step.attempts else None
            seconds = (end.ended - end.started).total_seconds() if end and end.started else None
            failure = end.failure if end else None
            detail = f"{failure.type}: {failure.message}" if failure else ""
            observer(Event(session.record.run, step.id, step.state, number, seconds, detail))
        if view.end is not None:
            return view.end
        time.sleep(poll)
