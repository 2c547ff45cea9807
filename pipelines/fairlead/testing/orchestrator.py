"""What every orchestrator must do: an orchestrator's test is an empty subclass with one fixture.

class TestMyOrchestrator(OrchestratorSuite):
    @pytest.fixture
    def stack(self) -> StackManifest:
        return …
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from fairlead.binding import Stack, bind
from fairlead.errors import CapabilityError, RunFailedError
from fairlead.store.records import Cancel, Outcome
from fairlead.store.state import State
from fairlead.testing import semantics
from fairlead.testing.distributed_cases import DistributedCases

if TYPE_CHECKING:
    from fairlead.contracts.manifest import StackManifest
    from fairlead.readback.runs import Run

_CANARY = "canary-4f1c9b7e2d"


class OrchestratorSuite(DistributedCases):
    """Prove the semantics of a run on one stack, whatever its orchestrator.

    Override ``stack`` (a fixture: the manifest of an empty stack with a secret store).

    Attributes:
        patience: Seconds within which a submitted run must have begun or ended.
        ways_to_die: Ways in which a step's process may end, and what its failure must mention.
    """

    patience: ClassVar[float] = 60.0
    ways_to_die: ClassVar[dict[str, str]] = {
        "exception": "wrong on purpose",
        "exit": "sys.exit(3)",
        "hard exit": "status 4",
        "SIGSEGV": "SIGSEGV",
        "SIGKILL": "SIGKILL",
    }

    @pytest.fixture
    def stack(self) -> StackManifest:
        """Return the manifest of an empty stack."""
        raise NotImplementedError("override the fixture stack")

    @pytest.fixture
    def bound(self, stack: StackManifest) -> Stack:
        """Return the same stack, opened."""
        return bind(manifest=stack)

    def failed(self, pipeline: Any, stack: StackManifest, **parameters: Any) -> Run:
        """Run a pipeline that fails, and return its run."""
        with pytest.raises(RunFailedError) as caught:
            pipeline.run(manifest=stack, **parameters)
        run: Run = caught.value.run  # type: ignore[attr-defined]
        return run

    def test_values_flow_along_edges(self, stack: StackManifest) -> None:
        """Fan-out, fan-in, several outputs, parameters and an order without data."""
        run = semantics.arithmetic.run(manifest=stack, start=5)
        assert run["total"].output.load() == 5 + 6 + 7 + 3 + 1
        assert run["divide"].outputs["quotient"].load() == 3
        assert run["total"].metrics == {"total": 22.0}
        assert "note: done" in run["note"].logs()
        assert {step.state for step in run} == {State.SUCCEEDED}

    def test_an_equal_run_is_served_from_the_cache(
        self, stack: StackManifest, bound: Stack
    ) -> None:
        """The second run starts nothing and refers to the attempts of the first."""
        first = semantics.arithmetic.run(manifest=stack, start=2)
        second = semantics.arithmetic.run(manifest=stack, start=2)
        assert {step.state for step in second} == {State.CACHED}
        assert not any(step.attempts for step in second)
        assert second["total"].output.digest == first["total"].output.digest
        changed = semantics.arithmetic.run(manifest=stack, start=3)
        assert changed["number"].state is State.SUCCEEDED
        output = first["total"].output.record
        bound.objects.delete(output.path)
        again = semantics.arithmetic.run(manifest=stack, start=2)
        assert again["total"].state is State.SUCCEEDED
        assert again["add_0"].state is State.CACHED

    def test_failures_are_retried_with_growing_delay(self, stack: StackManifest) -> None:
        """Two failures and a success; then more failures than retries."""
        run = semantics.retrying.run(manifest=stack, fail_before=3)
        step = run["flaky"]
        assert step.output.load() == 3
        outcomes = [attempt.outcome for attempt in step.attempts]
        assert outcomes == [Outcome.FAILED, Outcome.FAILED, Outcome.SUCCEEDED]
        ends = [a.view.end.ended for a in step.attempts if a.view.end]
        starts = [a.view.claim.started for a in step.attempts if a.view.claim]
        assert (starts[1] - ends[0]).total_seconds() >= 0.1
        assert (starts[2] - ends[1]).total_seconds() >= 0.2
        lost = self.failed(semantics.retrying, stack, fail_before=9)
        assert len(lost["flaky"].attempts) == 3

    @pytest.mark.parametrize("how", ["exception", "exit", "hard exit", "SIGSEGV", "SIGKILL"])
    def test_a_dying_step_takes_nothing_with_it(self, stack: StackManifest, how: str) -> None:
        """Another branch succeeds, what needs the dead step is skipped, its last words are kept."""
        run = self.failed(semantics.dying, stack, how=how)
        assert run["spared"].output.load() == 8
        assert run["follower"].state is State.SKIPPED
        failure = run["die"].failure
        assert failure is not None
        assert self.ways_to_die[how] in failure.message
        assert f"last words before {how}" in failure.log_tail

    def test_a_timeout_stops_the_attempt(self, stack: StackManifest) -> None:
        """The attempt ends long before the step would, and says why."""
        begun = time.monotonic()
        run = self.failed(semantics.timing_out, stack, seconds=self.patience * 2)
        assert time.monotonic() - begun < self.patience
        assert run["slow"].attempts[0].outcome == Outcome.TIMED_OUT

    def test_steps_do_not_see_each_other(self, stack: StackManifest) -> None:
        """Whatever a step does to its process, the next one finds a clean process."""
        run = semantics.soiling.run(manifest=stack)
        seen = run["inspect"].output.load()
        assert seen["soiled"] is None
        assert seen["folder"] != seen["soiled_folder"]
        assert seen["path"] != "/nowhere"
        assert seen["disabled"] == 0
        assert seen["hash_seed"] == "0"
        import random

        assert seen["random"] != random.Random(1).random()  # noqa: S311

    def test_environments_do_not_mix(self, stack: StackManifest) -> None:
        """A declared variable reaches its step and no other."""
        run = semantics.environments.run(manifest=stack)
        assert run["flavored"].output.load() == "vanilla"
        assert run["plain"].output.load() == "none"

    def test_secrets_stay_inside_the_step(self, stack: StackManifest, bound: Stack) -> None:
        """A secret that is printed and raised is nowhere in the store."""
        bound.adapter("secret_store").put("canary", _CANARY)
        run = self.failed(semantics.telling, stack)
        assert "the secret is ***" in run["tell_secret"].logs()
        crashed = self.failed(semantics.dying_with_secret, stack)
        failure = crashed["die_with_secret"].failure
        assert failure is not None
        assert self.ways_to_die["SIGKILL"] in failure.message
        for info in _everything(bound):
            assert _CANARY.encode() not in bound.objects.get(info), info

    def test_what_a_stack_cannot_do_is_refused_first(self, stack: StackManifest) -> None:
        """Nothing is recorded for a run that asks for the impossible."""
        with pytest.raises(CapabilityError, match="'greedy'"):
            semantics.impossible.run(manifest=stack)
        with pytest.raises(CapabilityError, match=r"'placed'.*'nowhere'"):
            semantics.misplaced.run(manifest=stack)

    def test_submit_and_walk_away(self, stack: StackManifest) -> None:
        """A run goes on without the process that submitted it."""
        run = semantics.arithmetic.run(manifest=stack, start=9, wait=False)
        assert run.wait(self.patience).state == "succeeded"

    def test_cancel_stops_a_run(self, stack: StackManifest, bound: Stack) -> None:
        """A request to cancel ends what runs; what had finished stays readable."""
        run = semantics.waiting.run(manifest=stack, seconds=self.patience * 2, wait=False)
        until = time.monotonic() + self.patience
        while not run.refresh()["wait_0"].attempts and time.monotonic() < until:
            time.sleep(0.1)
        bound.objects.put_new(run.layout.cancel, Cancel(person="test").to_bytes())
        assert run.wait(self.patience).state == "cancelled"
        assert run["wait_0"].state is State.CANCELLED
        assert run["number"].output.load() == 1


def _everything(bound: Stack) -> Iterator[str]:
    for prefix in ("runs", "cache", "artifacts", "bundles", "manifests"):
        for info in bound.objects.list(prefix):
            yield info.path
