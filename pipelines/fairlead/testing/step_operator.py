"""What every step operator must do: an operator's test is an empty subclass with two fixtures.

class TestMyStepOperator(StepOperatorSuite):
    @pytest.fixture
    def stack(self) -> StackManifest:
        return …

    @pytest.fixture
    def operator(self) -> Iterator[StepOperator]:
        yield …
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from fairlead.binding import Stack, bind
from fairlead.ports.attempt import Attempt, AttemptReport, AttemptStatus
from fairlead.ports.step_operator import Closes, HasCapacity, StepOperator, Watches
from fairlead.store.records import Outcome
from fairlead.store.state import AttemptView, read_run
from fairlead.testing import semantics

if TYPE_CHECKING:
    from fairlead.contracts.manifest import StackManifest


@dataclass(frozen=True)
class Recorded:
    """A run that is recorded and that nobody walks: the test submits its attempts itself."""

    stack: Stack
    run: str
    uri: str
    digest: str
    options: dict[str, Any]

    def attempt(self, step: str, number: int = 1) -> Attempt:
        """Return what a runner would submit for one attempt of a step."""
        return Attempt(
            run_uri=self.uri,
            run_digest=self.digest,
            step=step,
            number=number,
            options=self.options[step],
            image=None,
            labels={"fairlead-run": self.run, "fairlead-step": step},
        )

    def recorded(self, step: str) -> list[AttemptView]:
        """Return what the store says of a step's attempts."""
        return read_run(self.stack.objects, self.run).steps[step].attempts


class StepOperatorSuite:
    """Prove that attempts run, end, die and are stopped as the runner relies on.

    Override ``stack`` (a fixture: the manifest of a stack whose artifact store the operator's
    attempts reach) and ``operator`` (a fixture: the step operator, closed afterwards).

    Attributes:
        patience: Seconds within which an attempt must have begun or ended.
    """

    patience: ClassVar[float] = 60.0

    @pytest.fixture
    def stack(self) -> StackManifest:
        """Return the manifest of an empty stack."""
        raise NotImplementedError("override the fixture stack")

    @pytest.fixture
    def operator(self) -> StepOperator:
        """Return the step operator."""
        raise NotImplementedError("override the fixture operator")

    def record(self, pipeline: Any, stack: StackManifest, **parameters: Any) -> Recorded:
        """Record a run without starting it."""
        from fairlead.project import find_project
        from fairlead.runner.submit import record_run
        from fairlead.tracing import trace_pipeline

        bound = bind(manifest=stack)
        project = find_project(Path(semantics.__file__))
        traced = trace_pipeline(pipeline, parameters, root=project.root)
        graph = traced.graph
        session, reference = record_run(
            traced, graph, bound, project, tags={}, in_process=False, cache=False
        )
        options = {node.id: graph.options(node) for node in graph.nodes}
        return Recorded(bound, session.record.run, reference.run_uri, reference.run_digest, options)

    def ended(self, operator: StepOperator, reference: str) -> AttemptReport:
        """Wait until an attempt has ended, as the runner does, and return its report."""
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            report = operator.status(reference)
            if report.status is AttemptStatus.ENDED:
                return report
            if isinstance(operator, Watches):
                operator.changes(0.1)
            else:
                time.sleep(0.2)
        pytest.fail(f"{reference} had not ended after {self.patience:g} s: {report}")

    def test_is_the_port(self, operator: StepOperator) -> None:
        """It has the methods, and says what it can do."""
        assert isinstance(operator, StepOperator)
        assert operator.capabilities.backend

    def test_an_attempt_runs_and_records_its_end(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """The result is in the store; the backend only says that the attempt has ended."""
        run = self.record(semantics.arithmetic, stack, start=5)
        report = self.ended(operator, operator.submit(run.attempt("number")))
        assert report.reason is None
        (attempt,) = run.recorded("number")
        assert attempt.end is not None
        assert attempt.end.outcome is Outcome.SUCCEEDED
        assert run.stack.artifacts.load(attempt.end.outputs["output"]) == 5

    def test_attempts_run_beside_each_other(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """References differ, and each attempt ends by itself."""
        run = self.record(semantics.waiting, stack, seconds=0.2)
        self.ended(operator, operator.submit(run.attempt("number")))
        references = [operator.submit(run.attempt(step)) for step in ("wait_0", "wait_1")]
        assert len(set(references)) == 2
        for reference in references:
            assert self.ended(operator, reference).reason is None
        ends = [run.recorded(step)[0].end for step in ("wait_0", "wait_1")]
        assert [end.outcome for end in ends if end] == [Outcome.SUCCEEDED] * 2

    def test_user_code_that_fails_is_no_failure_of_the_backend(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """The attempt itself records that it failed, and why."""
        run = self.record(semantics.dying, stack, how="exception")
        self.ended(operator, operator.submit(run.attempt("die")))
        (attempt,) = run.recorded("die")
        assert attempt.end is not None
        assert attempt.end.outcome is Outcome.FAILED
        assert attempt.end.failure is not None
        assert "wrong on purpose" in attempt.end.failure.message

    def test_a_death_is_told_with_its_last_words(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """No end is recorded, so the report must say why; a further attempt may be submitted."""
        run = self.record(semantics.dying, stack, how="SIGKILL")
        report = self.ended(operator, operator.submit(run.attempt("die")))
        assert report.reason
        assert "last words before SIGKILL" in report.log_tail
        assert run.recorded("die")[0].end is None
        again = self.ended(operator, operator.submit(run.attempt("die", 2)))
        assert again.reason
        assert len(run.recorded("die")) == 2

    def test_a_cancelled_attempt_ends_long_before_it_would(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """Cancelling twice, or what has ended, is no mistake."""
        run = self.record(semantics.waiting, stack, seconds=self.patience * 5)
        self.ended(operator, operator.submit(run.attempt("number")))
        reference = operator.submit(run.attempt("wait_0"))
        until = time.monotonic() + self.patience
        while not run.recorded("wait_0") and time.monotonic() < until:
            time.sleep(0.1)
        assert run.recorded("wait_0"), "the attempt did not begin"
        operator.cancel(reference)
        self.ended(operator, reference)
        operator.cancel(reference)
        end = run.recorded("wait_0")[0].end
        assert end is None or end.outcome is not Outcome.SUCCEEDED

    def test_a_record_that_is_not_the_named_one_is_refused(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """Nothing is imported and nothing recorded if run.json has another digest."""
        run = self.record(semantics.arithmetic, stack)
        forged = replace(run.attempt("number"), run_digest="sha256:" + "0" * 64)
        report = self.ended(operator, operator.submit(forged))
        assert report.reason
        assert run.recorded("number") == []

    def test_declared_variables_reach_their_step_alone(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """Whatever processes are reused, environments do not mix."""
        run = self.record(semantics.environments, stack)
        values = []
        for step in ("flavored", "plain"):
            self.ended(operator, operator.submit(run.attempt(step)))
            end = run.recorded(step)[0].end
            assert end is not None
            values.append(run.stack.artifacts.load(end.outputs["output"]))
        assert values == ["vanilla", "none"]

    def test_a_reference_of_nobody_is_unknown(self, operator: StepOperator) -> None:
        """After a restart a runner may ask for what its backend has forgotten."""
        assert operator.status("nobody/1#0").status is AttemptStatus.UNKNOWN
        operator.cancel("nobody/1#0")

    def test_what_never_fits_is_refused_in_words(
        self, operator: StepOperator, stack: StackManifest
    ) -> None:
        """Only for operators that know their capacity; one step alone is always admitted."""
        if not isinstance(operator, HasCapacity):
            pytest.skip("it does not know its capacity")
        run = self.record(semantics.arithmetic, stack)
        greedy = semantics.impossible.trace()
        assert operator.refuses(run.options["number"]) is None
        assert operator.refuses(greedy.options(greedy.nodes[0]))
        assert operator.admits([], run.options["number"])

    def test_closing_twice_is_no_mistake(self, operator: StepOperator) -> None:
        """The runner closes what it opened, also after a failure in between."""
        if not isinstance(operator, Closes):
            pytest.skip("it holds nothing")
        operator.close()
        operator.close()
