"""Say whether a run goes on; end it from outside, or go on with one whose runner died."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.digests import digest_of
from fairlead.errors import FairleadError, RunNotFoundError
from fairlead.store.records import Cancel, RunEnd, StepSummary
from fairlead.store.state import RunState

if TYPE_CHECKING:
    from fairlead.binding import Stack
    from fairlead.readback.runs import Run
    from fairlead.runner.events import Observer
    from fairlead.store.index import RunSummary


def runner_alive(run: Run) -> bool | None:
    """Say whether anybody walks a run, as far as that can be said at once.

    Args:
        run: The run, as it was read.

    Returns:
        None where it has ended or not begun, or where only waiting for a sign of life would tell.

    Raises:
        StoreError: The store cannot be read.
    """
    from fairlead.ports.orchestrator import RunReference
    from fairlead.runner.lease import alive, epochs
    from fairlead.runtime.session import run_uri

    objects = run.stack.objects
    unfinished = run.state in (RunState.SUBMITTED, RunState.RUNNING)
    if not unfinished or not epochs(objects, run.layout):
        return None
    if objects.url.startswith("file:"):
        return alive(objects, run.layout)
    orchestrator = run.stack.adapter("orchestrator")
    if orchestrator is None:
        return None
    said: bool | None = orchestrator.alive(RunReference(run_uri(objects, run.id), _digest(run)))
    return said


def runners_alive(stack: Stack, listed: Sequence[RunSummary]) -> dict[str, bool | None]:
    """Say of each run of a listing whether anybody walks it, as `runner_alive` does of one.

    A backend that does not answer spoils no listing.

    Args:
        stack: The stack in whose store they lie.
        listed: What a listing told of them.
    """
    from fairlead.readback.runs import Run

    found: dict[str, bool | None] = {summary.id: None for summary in listed}
    with contextlib.suppress(FairleadError):  # which is met once, not for every run
        for summary in listed:
            found[summary.id] = runner_alive(Run(stack, summary.id, summary=summary))
    return found


def _digest(run: Run) -> str:
    return digest_of(run.stack.objects.get(run.layout.record))


def cancel_run(run: Run, *, reason: str = "") -> str:
    """Ask a run to stop; where no runner lives to hear it, end it here.

    Args:
        run: The run.
        reason: For the record.

    Returns:
        What was done, in words.

    Raises:
        RunNotFoundError: The run has ended already.
        StoreError: The store cannot be written.
    """
    from fairlead.runner.lease import alive

    objects, layout = run.stack.objects, run.layout
    if run.refresh().view.end is not None:
        raise RunNotFoundError(f"run {run.id} has {run.state} already: there is nothing to cancel")
    asked = Cancel(person=getpass.getuser(), reason=reason)
    objects.put_new(layout.cancel, asked.to_bytes())
    if alive(objects, layout):
        return f"asked run {run.id} to stop; `fairlead runs show {run.id}` tells when it has"
    steps = {}
    for step in run.refresh():
        state = str(step.state) if step.state.done else "cancelled"
        steps[step.id] = StepSummary(
            state=state, attempts=len(step.attempts), started=step.started, ended=step.ended
        )
    objects.put_new(layout.end, RunEnd(state="cancelled", steps=steps).to_bytes())
    run.refresh()
    return f"ended run {run.id}: its runner was dead already"


def resume_run(run: Run, observer: Observer) -> RunEnd:
    """Go on with a run from here: what succeeded is kept, the rest is run.

    Args:
        run: The run.
        observer: Told of every change.

    Raises:
        RunNotFoundError: The run has ended.
        BackendError: Another runner walks it.
    """
    from fairlead.ports.orchestrator import Foreground, RunReference
    from fairlead.runner.follow import follow
    from fairlead.runner.operators import Operators
    from fairlead.runner.start import walk_run
    from fairlead.runtime.session import Session, run_uri

    if run.refresh().view.end is not None:
        verb = "was cancelled" if run.state == "cancelled" else f"has {run.state}"
        raise RunNotFoundError(
            f"run {run.id} {verb}, and a run that has ended is not gone on with: start it again "
            "with `fairlead run`, which takes what succeeded from the cache"
        )
    objects = run.stack.objects
    session = Session(objects, run.record, stack=run.stack)
    operators = Operators(run.stack)
    try:
        reference = RunReference(run_uri(objects, run.id), _digest(run), run.record.image)
        orchestrator = operators.orchestrator
        if isinstance(orchestrator, Foreground):
            return walk_run(session, reference, operators, observer, resume=True)
        orchestrator.submit(reference)
        return follow(session, observer, backend=orchestrator, reference=reference)
    finally:
        operators.close()
