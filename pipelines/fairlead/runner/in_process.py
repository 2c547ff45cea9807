"""Run steps in the process that submits them, one after the other: for tests and debuggers."""

from __future__ import annotations

from fairlead.capabilities import Capabilities
from fairlead.graph import StepOptions
from fairlead.ports.attempt import Attempt, AttemptReport, AttemptStatus
from fairlead.runtime.execute import execute
from fairlead.runtime.logs import LogSpool, copied
from fairlead.runtime.session import Session


class InProcessOperator:
    """Execute each attempt when it is submitted.

    Args:
        session: The run.
    """

    capabilities = Capabilities(backend="local")

    def __init__(self, session: Session) -> None:
        self.session = session
        self._done: list[str] = []

    def submit(self, attempt: Attempt) -> str:
        """Execute an attempt here and now."""
        reference = f"{attempt.step}/{attempt.number}"
        session = self.session
        spool = LogSpool(session.objects, session.layout, attempt.step, attempt.number)
        try:
            execute(session, attempt.step, attempt.number, spool=spool, capture=copied)
        finally:
            spool.close()
        self._done.append(reference)
        return reference

    def status(self, reference: str) -> AttemptReport:  # noqa: ARG002 - all have ended
        """Say that the attempt has ended."""
        return AttemptReport(AttemptStatus.ENDED)

    def cancel(self, reference: str) -> None:
        """Do nothing: whatever was submitted has ended."""

    def changes(self, timeout: float) -> list[str]:  # noqa: ARG002 - nothing to wait for
        """Return what has ended since the last call."""
        done, self._done = self._done, []
        return done

    def refuses(self, options: StepOptions) -> str | None:  # noqa: ARG002 - asks nothing of steps
        """Refuse nothing: a test may run what a production stack would place elsewhere."""
        return None

    def admits(self, running: list[StepOptions], candidate: StepOptions) -> bool:  # noqa: ARG002
        """Take one step at a time."""
        return not running
