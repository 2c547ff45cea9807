"""Walk a recorded run with the operators of its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.errors import RunCancelledError
from fairlead.ports.orchestrator import RunReference
from fairlead.runner.decide import Decider
from fairlead.runner.events import Observer
from fairlead.runner.lease import acquire
from fairlead.runner.operators import Operators
from fairlead.runner.tracking import show_end
from fairlead.runner.walk import Runner
from fairlead.runtime.session import Session
from fairlead.store.records import RunEnd
from fairlead.store.state import read_run

if TYPE_CHECKING:
    from fairlead.contracts.orchestrator import OrchestratorContract


def walk_run(
    session: Session,
    reference: RunReference,
    operators: Operators,
    observer: Observer,
    *,
    resume: bool = False,
) -> RunEnd:
    """Walk a run from here to its end.

    Args:
        session: The run.
        reference: Its address, for attempts.
        operators: Where its steps run.
        observer: Told of every change.
        resume: Whether an earlier runner may have left something.

    Returns:
        How it ended.

    Raises:
        BackendError: Another runner walks it.
        StoreError: The store cannot be read or written.
        RunCancelledError: It has been cancelled already.
    """
    record, objects = session.record, session.objects
    walked = session.stack.contract("orchestrator") is not None
    lease = acquire(
        objects,
        session.layout,
        lambda: operators.orchestrator.alive(reference) if walked else None,
    )
    try:
        view = read_run(objects, record.run) if resume else None
        if view is not None and view.end is not None:
            if view.end.state == "cancelled":
                raise RunCancelledError(f"run {record.run} was cancelled; start a new one")
            return view.end
        orchestrator: OrchestratorContract | None = session.stack.contract("orchestrator")  # type: ignore[assignment]
        runner = Runner(
            record,
            run_uri=reference.run_uri,
            run_digest=reference.run_digest,
            objects=objects,
            decider=Decider(objects, session.stack.artifacts, record, enabled=record.use_cache),
            operators=operators,
            lease=lease,
            observer=observer,
            parallelism=orchestrator.parallelism if orchestrator else None,
        )
        end = runner.walk(view)
        show_end(session, end, runner.progress.reused, lost=runner.progress.lost)
        return end
    finally:
        lease.release()
