"""The state of a run depends on the set of its objects and on nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.graph import Retries, StepOptions
from fairlead.store.records import AttemptEnd, Claim, Decision, Failure, Outcome
from fairlead.store.state import AttemptView, State, step_state

_OPTIONS = StepOptions(retries=Retries(count=1))


def _attempt(number: int, outcome: Outcome | None, *, again: bool = True) -> AttemptView:
    end = None
    if outcome is not None:
        failed = outcome not in (Outcome.SUCCEEDED, Outcome.CANCELLED)
        failure = Failure(type="E", message="m", retryable=again) if failed else None
        end = AttemptEnd(outcome=outcome, failure=failure)
    return AttemptView(number, claim=Claim(host="h", pid=1), end=end)


@pytest.mark.parametrize(
    ("outcomes", "stopping", "expected"),
    [
        ([], False, State.PENDING),
        ([], True, State.CANCELLED),
        ([None], False, State.RUNNING),
        ([None], True, State.CANCELLED),
        ([Outcome.FAILED], False, State.RETRYING),
        ([Outcome.FAILED], True, State.FAILED),
        ([Outcome.FAILED, None], False, State.RUNNING),
        ([Outcome.FAILED, Outcome.CRASHED], False, State.FAILED),
        ([Outcome.TIMED_OUT, Outcome.SUCCEEDED], False, State.SUCCEEDED),
        ([Outcome.CANCELLED], False, State.CANCELLED),
    ],
)
def test_attempts_decide(outcomes: list[Outcome | None], stopping: bool, expected: State) -> None:
    attempts = [_attempt(number, outcome) for number, outcome in enumerate(outcomes, start=1)]
    assert step_state(attempts, None, _OPTIONS, stopping=stopping) is expected


def test_what_cannot_be_retried_has_failed() -> None:
    attempts = [_attempt(1, Outcome.FAILED, again=False)]
    assert step_state(attempts, None, _OPTIONS, stopping=False) is State.FAILED


@pytest.mark.parametrize("outcome", ["cached", "skipped"])
def test_a_decision_outweighs_everything(outcome: str) -> None:
    decision = Decision(outcome=outcome)  # type: ignore[arg-type]
    attempts = [_attempt(1, Outcome.FAILED)]
    assert step_state(attempts, decision, _OPTIONS, stopping=True) == outcome


@given(st.lists(st.sampled_from([*Outcome, None]), max_size=6), st.booleans(), st.randoms())
def test_a_success_is_never_lost(
    outcomes: list[Outcome | None], stopping: bool, shuffled: random.Random
) -> None:
    """More objects never turn a success into anything else, in whatever order they are found."""
    outcomes = [*outcomes, Outcome.SUCCEEDED]
    shuffled.shuffle(outcomes)
    attempts = [_attempt(number, outcome) for number, outcome in enumerate(outcomes, start=1)]
    assert step_state(attempts, None, _OPTIONS, stopping=stopping) is State.SUCCEEDED
