"""Follow a run that is walked elsewhere, by its records."""

from __future__ import annotations

import time
from typing import Any

from fairlead.errors import BackendError
from fairlead.ports.explains import Explains
from fairlead.ports.orchestrator import RunReference
from fairlead.runner.events import Event, Observer
from fairlead.runtime.session import Session
from fairlead.store.records import RunEnd
from fairlead.store.state import State, read_run

#: Seconds without news after which the backend is asked.
_SILENCE = 15.0


def follow(
    session: Session,
    observer: Observer,
    *,
    poll: float = 2.0,
    backend: Any = None,
    reference: RunReference | None = None,
) -> RunEnd:
    """Tell of every change of a run until it has ended.

    Args:
        session: The run.
        observer: Told of every change.
        poll: Seconds between looks.
        backend: The orchestrator, asked why nothing happens where it can say.
        reference: The run, for the backend.

    Returns:
        How it ended.

    Raises:
        StoreError: The store cannot be read.
        BackendError: Nobody walks the run any more, and why.
    """
    asks = isinstance(backend, Explains) and reference is not None
    news, said = time.monotonic(), ""
    told: dict[str, tuple[State, int]] = {}
    while True:
        view = read_run(session.objects, session.record.run)
        for step in view.steps.values():
            number = step.attempts[-1].number if step.attempts else 0
            if step.state is State.PENDING or told.get(step.id) == (step.state, number):
                continue
            told[step.id] = (step.state, number)
            news = time.monotonic()
            end = step.attempts[-1].end if step.attempts else None
            seconds = (end.ended - end.started).total_seconds() if end and end.started else None
            failure = end.failure if end else None
            detail = f"{failure.type}: {failure.message}" if failure else ""
            observer(Event(session.record.run, step.id, step.state, number, seconds, detail))
        if view.end is not None:
            return view.end
        if asks and time.monotonic() - news > _SILENCE:
            news = time.monotonic()
            if problem := backend.problem(reference):
                if session.objects.exists(session.layout.end):
                    continue
                run = session.record.run
                raise BackendError(
                    f"nobody walks run {run} any more: {problem}\nNothing is lost: `fairlead runs "
                    f"resume {run}` goes on with it."
                )
            waits = backend.waiting(reference) or ""
            if waits and waits != said:
                observer(Event(session.record.run, detail=f"the runner waits: {waits}"))
            said = waits
        time.sleep(poll)
