"""Walk a run's graph: decide, submit, watch, retry, end.

This is the only place where a run's semantics live. It runs unchanged in the process of a person,
in a pod and in a cloud's job, over any step operator.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from fairlead.errors import BackendError, ObjectNotFoundError, RetryableBackendError
from fairlead.ports.attempt import Attempt, AttemptReport, AttemptStatus
from fairlead.ports.outlives import Outlives
from fairlead.ports.step_operator import HasCapacity, StepOperator, Watches
from fairlead.runner.decide import Decider
from fairlead.runner.events import Event, Observer
from fairlead.runner.lease import HeldLease
from fairlead.runner.progress import GraphProgress, RunningAttempt
from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectStore
from fairlead.store.records import (
    AttemptEnd,
    Decision,
    Failure,
    Outcome,
    RunEnd,
    RunRecord,
    StepSummary,
)
from fairlead.store.state import RunView, State, counts_as_failure, retryable

#: Seconds between looks for a request to cancel, and between polls of an operator that only
#: answers questions.
_CANCEL_LOOK = {True: 0.5, False: 5.0}
_POLL = 2.0

#: Ready steps that are tried when there is no room: what follows seldom asks for less.
_TRIED = 16


class Runner:
    """Walk one run to its end.

    Args:
        record: What to run.
        run_uri: The run's address, for attempts.
        run_digest: The digest of run.json, for attempts.
        objects: The artifact store.
        decider: Decides which steps need not run.
        operators: Step operator by name; None is the default one.
        lease: The right to walk the run.
        observer: Told of every change.
        parallelism: The most steps at once; None leaves it to the operators.
    """

    def __init__(
        self,
        record: RunRecord,
        *,
        run_uri: str,
        run_digest: str,
        objects: ObjectStore,
        decider: Decider,
        operators: Callable[[str | None], StepOperator],
        lease: HeldLease,
        observer: Observer,
        parallelism: int | None = None,
    ) -> None:
        self.record = record
        self.graph = record.graph
        self.layout = RunLayout(record.run)
        self.objects = objects
        self.decider = decider
        self.operators = operators
        self.lease = lease
        self.observer = observer
        self.parallelism = parallelism
        self.run_uri, self.run_digest = run_uri, run_digest
        self.progress = GraphProgress(self.graph)
        self._running: dict[str, RunningAttempt] = {}
        self._cancelled = False
        self._next_look = 0.0

    def walk(self, view: RunView | None = None) -> RunEnd:
        """Run everything that has not ended yet, and record how the run ended.

        Args:
            view: What an earlier runner left, when this one takes over.

        Returns:
            The recorded end.

        Raises:
            StoreError: The store can no longer be read or written; the run can be resumed.
            BackendError: The lease was taken over by another runner.
        """
        if view is not None:
            self._take_over(view)
        try:
            while self.progress.left:
                self._look_for_cancel()
                self._start_due()
                if not self.progress.left:
                    break
                self._wait()
        except KeyboardInterrupt:
            self._cancel_everything()
            self._end()
            raise
        except BaseException:
            self._stop_all()
            raise
        return self._end()

    def _take_over(self, view: RunView) -> None:
        """Continue where a dead runner stopped: nothing that has ended runs again."""
        for node in self.graph.nodes:
            step = view.steps[node.id]
            progress = self.progress[node.id]
            progress.attempts = step.attempts[-1].number if step.attempts else 0
            unended = bool(step.attempts) and step.attempts[-1].end is None
            if unended and self._outlives(node.id):
                progress.attempts -= 1  # submitting it again takes it up where it is
                progress.decided = True
            elif unended:
                self._write_end(
                    node.id, progress.attempts, Outcome.CRASHED, "RunnerLost",
                    "the runner that watched this attempt died; the attempt was started anew",
                )  # fmt: skip
            progress.failures = sum(
                counts_as_failure(attempt.end)
                for attempt in step.attempts
                if attempt.end is not None
                and not (attempt.end.failure and attempt.end.failure.type == "RunnerLost")
            )
            if step.state.good:
                self.progress.take(node.id, step.outputs, step.decision)
                self._settle(node.id, step.state)
            elif step.state is State.SKIPPED:
                self._settle(node.id, State.SKIPPED)
            elif step.state is State.FAILED:
                self._settle(node.id, State.FAILED)

    def _outlives(self, node_id: str) -> bool:
        operator = self.operators(self.progress.options(node_id).operator)
        return isinstance(operator, Outlives) and operator.outlives_runner

    def _start_due(self) -> None:
        self.progress.free_due()
        ready = self.progress.ready
        held: list[str] = []
        while ready and not self._cancelled:
            node_id = ready.popleft()
            progress = self.progress[node_id]
            if progress.state.done:
                continue
            if not progress.decided and progress.attempts == 0 and self._decided(node_id):
                continue
            if not self._submit(node_id):
                held.append(node_id)
                if len(held) >= _TRIED:
                    break
        ready.extendleft(reversed(held))

    def _decided(self, node_id: str) -> bool:
        self.progress[node_id].decided = True
        node, outputs = self.progress.nodes[node_id], self.progress.inputs(node_id)
        decision = self.decider.decide(node, outputs)
        if decision is None:
            return False
        self._record(node_id, decision)
        self._settle(node_id, State.CACHED)
        return True

    def _record(self, node_id: str, decision: Decision) -> None:
        self.objects.put_new(self.layout.decision(node_id), decision.to_bytes())
        self.progress.take(node_id, decision.outputs, decision)

    def _submit(self, node_id: str) -> bool:
        """Start the next attempt of a node, unless there is no room for it now."""
        if self.parallelism is not None and len(self._running) >= self.parallelism:
            return False
        node, progress = self.progress.nodes[node_id], self.progress[node_id]
        options = self.graph.options(node)
        operator = self.operators(options.operator)
        if isinstance(operator, HasCapacity):
            beside = [r.options for r in self._running.values() if r.operator is operator]
            if not operator.admits(beside, options):
                return False
        if not self.lease.held():
            raise BackendError(
                f"run {self.record.run} was taken over by another runner; this one stops"
            )
        number = progress.attempts + 1
        attempt = Attempt(
            run_uri=self.run_uri,
            run_digest=self.run_digest,
            step=node_id,
            number=number,
            options=options,
            image=options.image or self.record.image,
            labels={
                "fairlead/run": self.record.run,
                "fairlead/pipeline": self.graph.pipeline,
                "fairlead/step": node_id,
                "fairlead/attempt": str(number),
            },
        )
        progress.attempts = number
        try:
            reference = operator.submit(attempt)
        except BackendError as error:
            again = isinstance(error, RetryableBackendError)
            self._write_end(
                node_id, number, Outcome.CRASHED, type(error).__name__, str(error), again=again
            )
            self._read_end(node_id, number, seconds=0.0)
            return True
        now = time.monotonic()
        waits = (
            options.timeout is not None
            and isinstance(operator, Watches)
            and operator.status(reference).status is AttemptStatus.PENDING
        )
        self._running[reference] = RunningAttempt(
            node, number, operator, options, now, None if waits else now
        )
        progress.state = State.RUNNING
        self.observer(Event(self.record.run, node_id, State.RUNNING, number))
        return True

    def _wait(self) -> None:
        """Wait until something may have changed, and take note of it."""
        timeout = self._timeout()
        if not self._running:
            if timeout > 0:
                time.sleep(timeout)
            return
        operators = list({id(r.operator): r.operator for r in self._running.values()}.values())
        changed: list[str] = []
        for operator in operators:
            if isinstance(operator, Watches):
                changed += operator.changes(timeout if len(operators) == 1 else 0.05)
            else:
                time.sleep(min(timeout, _POLL))
                changed += [ref for ref, r in self._running.items() if r.operator is operator]
        for reference in changed:
            self._look_at(reference)
        now = time.monotonic()
        for reference, running in list(self._running.items()):
            if running.due is not None and now > running.due:
                self._time_out(reference, running)

    def _timeout(self) -> float:
        now = time.monotonic()
        due = [self._next_look]
        due += self.progress.due()
        due += [running.due for running in self._running.values() if running.due is not None]
        return max(0.0, min(due) - now)

    def _look_at(self, reference: str) -> None:
        running = self._running.get(reference)
        if running is None:
            return
        report = running.operator.status(reference)
        if report.status in (AttemptStatus.PENDING, AttemptStatus.RUNNING):
            if running.started is None and report.status is AttemptStatus.RUNNING:
                running.started = time.monotonic()
            return
        del self._running[reference]
        seconds = time.monotonic() - running.submitted
        self._finish(running.node.id, running.number, report, seconds)

    def _finish(self, node_id: str, number: int, report: AttemptReport, seconds: float) -> None:
        """Act on an attempt that the backend says has ended; it may have left no word itself."""
        try:
            self._read_end(node_id, number, seconds)
        except ObjectNotFoundError:
            reason = report.reason or "the process ended without a word"
            self._write_end(
                node_id, number, Outcome.CRASHED, "StepCrashed", reason,
                log_tail=self._last_lines(node_id, report), again=report.retryable,
            )  # fmt: skip
            self._read_end(node_id, number, seconds)

    def _time_out(self, reference: str, running: RunningAttempt) -> None:
        del self._running[reference]
        running.operator.cancel(reference)
        report = running.operator.status(reference)
        self._write_end(
            running.node.id, running.number, Outcome.TIMED_OUT, "TimeoutError",
            f"the attempt took longer than its timeout of {running.options.timeout:g} s",
            log_tail=self._last_lines(running.node.id, report),
        )  # fmt: skip
        self._read_end(running.node.id, running.number, time.monotonic() - running.submitted)

    def _last_lines(self, node_id: str, report: AttemptReport) -> str:
        """Return what a dead attempt printed last, unless only its own process could mask it."""
        if report.log_tail and self.progress.options(node_id).secrets:
            return "(its last lines are withheld: the step reads secrets)"
        return report.log_tail

    def _write_end(
        self,
        node_id: str,
        number: int,
        outcome: Outcome,
        kind: str,
        message: str,
        *,
        log_tail: str = "",
        again: bool = True,
    ) -> None:
        failure = Failure(type=kind, message=message, log_tail=log_tail, retryable=again)
        end = AttemptEnd(outcome=outcome, failure=failure, observer="runner").to_bytes()
        self.progress.lost |= self.objects.put_new(self.layout.attempt_end(node_id, number), end)

    def _read_end(self, node_id: str, number: int, seconds: float) -> None:
        """Act on how an attempt ended: the store's word counts, not the backend's."""
        path = self.layout.attempt_end(node_id, number)
        end = AttemptEnd.from_bytes(self.objects.get(path), path)
        if end.started is not None:  # as the record tells it, without the worker's own start
            seconds = (end.ended - end.started).total_seconds()
        progress = self.progress[node_id]
        progress.summary = StepSummary(
            state="", attempts=number, started=end.started, ended=end.ended
        )
        if end.outcome is Outcome.SUCCEEDED:
            progress.outputs = end.outputs
            self._settle(node_id, State.SUCCEEDED, seconds=seconds)
            return
        failure = end.failure
        detail = f"{failure.type}: {failure.message}" if failure else end.outcome.value
        progress.failures += counts_as_failure(end)
        retries = self.progress.options(node_id).retries
        if retryable(end) and progress.failures <= retries.count and not self._cancelled:
            wait = retries.wait(progress.failures)
            self.progress.again(node_id, wait)
            detail = f"{detail} (again in {wait:g} s)"
            self.observer(Event(self.record.run, node_id, State.RETRYING, number, seconds, detail))
            return
        self._settle(node_id, State.FAILED, seconds=seconds, detail=detail)

    def _settle(
        self, node_id: str, state: State, *, seconds: float | None = None, detail: str = ""
    ) -> None:
        """Note that nothing further happens to a node, and free or skip what follows it."""
        settled = self.progress.settle(node_id, state, skip=not self._cancelled)
        for current, stands, reason in settled:
            if reason:
                self._record(current, Decision(outcome="skipped", reason=reason))
            told = (None, reason) if reason else (seconds, detail)
            attempts = self.progress[current].attempts
            self.observer(Event(self.record.run, current, stands, attempts, *told))

    def _look_for_cancel(self) -> None:
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _CANCEL_LOOK[self.objects.url.startswith("file:")]
        if self.objects.exists(self.layout.cancel):
            self._cancel_everything()

    def _cancel_everything(self) -> None:
        self._cancelled = True
        for reference, running in list(self._running.items()):
            running.operator.cancel(reference)
            del self._running[reference]
            self._write_end(
                running.node.id, running.number, Outcome.CANCELLED, "Cancelled",
                "the run was cancelled", again=False,
            )  # fmt: skip
        self.progress.cancel()

    def _stop_all(self) -> None:
        """Leave nothing running behind when this runner itself cannot go on.

        What outlives a runner is left for the next one to take up.
        """
        for reference, running in self._running.items():
            if isinstance(running.operator, Outlives) and running.operator.outlives_runner:
                continue
            try:
                running.operator.cancel(reference)
            except BackendError:
                continue
        self._running.clear()

    def _end(self) -> RunEnd:
        outcome: Literal["succeeded", "failed", "cancelled"] = "succeeded"
        if self._cancelled:
            outcome = "cancelled"
        elif not self.progress.good:
            outcome = "failed"
        end = RunEnd(state=outcome, steps=self.progress.summaries())
        if not self.objects.put_new(self.layout.end, end.to_bytes()):
            end = RunEnd.from_bytes(self.objects.get(self.layout.end), self.layout.end)
        return end
