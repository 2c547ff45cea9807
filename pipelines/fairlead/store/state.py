"""The state of a run and of its steps: one pure function of the set of its objects.

The command line, the runner and the index all use this function; no time stamp decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from fairlead.errors import ObjectNotFoundError, RunNotFoundError
from fairlead.graph import StepOptions
from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectStore
from fairlead.store.records import (
    ArtifactRecord,
    AttemptEnd,
    Cancel,
    Claim,
    Decision,
    Lease,
    Outcome,
    RunEnd,
    RunRecord,
)


class State(StrEnum):
    """Say how a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    CACHED = "cached"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def done(self) -> bool:
        """Say whether nothing further will happen to the step."""
        return self not in (State.PENDING, State.RUNNING, State.RETRYING)

    @property
    def good(self) -> bool:
        """Say whether its outputs can be read."""
        return self in (State.SUCCEEDED, State.CACHED)


class RunState(StrEnum):
    """Say how a run stands. Whether a runner lives is another question: see ``runner.lease``."""

    SUBMITTED = "submitted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class AttemptView:
    """Hold what an attempt left: its claim, its end and the numbers of its log's parts.

    ``ranks`` has those of the further ranks of a distributed attempt, by rank.
    """

    number: int
    claim: Claim | None = None
    end: AttemptEnd | None = None
    log: list[int] = field(default_factory=list)
    ranks: dict[int, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class StepView:
    """Hold what is known of one step.

    Attributes:
        id: The node's id.
        state: How it stands.
        attempts: What its attempts left, first to last.
        decision: Why it was not run, if it was decided so.
    """

    id: str
    state: State
    attempts: list[AttemptView]
    decision: Decision | None = None

    @property
    def outputs(self) -> dict[str, ArtifactRecord]:
        """Return its outputs; empty unless it succeeded or was cached."""
        if self.state is State.CACHED and self.decision is not None:
            return self.decision.outputs
        if self.state is State.SUCCEEDED:
            return next(
                a.end.outputs for a in self.attempts if a.end and a.end.outcome is Outcome.SUCCEEDED
            )
        return {}


@dataclass(slots=True)
class RunView:
    """Hold what is known of one run.

    Attributes:
        record: What defines it.
        state: How it stands.
        steps: Every node of the graph, in its order.
        end: How it ended, if it did.
        cancel: The request to stop it, if there is one.
        leases: The runners that have walked it, by epoch.
    """

    record: RunRecord
    state: RunState
    steps: dict[str, StepView]
    end: RunEnd | None
    cancel: Cancel | None
    leases: list[Lease]


@dataclass(slots=True)
class RunObjects:
    """Hold the parsed objects of one run; the argument of the pure function."""

    attempts: dict[str, dict[int, AttemptView]] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    leases: list[Lease] = field(default_factory=list)
    end: RunEnd | None = None
    cancel: Cancel | None = None


def step_state(
    attempts: Iterable[AttemptView],
    decision: Decision | None,
    options: StepOptions,
    *,
    stopping: bool,
) -> State:
    """Return how a step stands.

    Args:
        attempts: What its attempts left, first to last.
        decision: The decision not to run it, if there is one.
        options: What it asks for; its retries say whether a failure is the last.
        stopping: Whether the run has ended or was asked to stop, so that nothing further starts.

    Example:
        >>> step_state([], None, StepOptions(), stopping=False)
        <State.PENDING: 'pending'>
    """
    if decision is not None:
        return State.CACHED if decision.outcome == "cached" else State.SKIPPED
    ended = [attempt.end for attempt in attempts]
    if any(end is not None and end.outcome is Outcome.SUCCEEDED for end in ended):
        return State.SUCCEEDED
    if not ended or ended[-1] is None:
        if stopping:
            return State.CANCELLED
        return State.RUNNING if ended else State.PENDING
    last = ended[-1]
    if last.outcome is Outcome.CANCELLED:
        return State.CANCELLED
    failures = sum(counts_as_failure(end) for end in ended if end is not None)
    final = stopping or failures > options.retries.count or not retryable(last)
    return State.FAILED if final else State.RETRYING


def counts_as_failure(end: AttemptEnd) -> bool:
    """Say whether an ended attempt uses up one of the step's tries."""
    return end.outcome not in (Outcome.SUCCEEDED, Outcome.CANCELLED)


def retryable(end: AttemptEnd) -> bool:
    """Say whether a further attempt makes sense after this one."""
    return end.failure is None or end.failure.retryable


def run_view(record: RunRecord, found: RunObjects) -> RunView:
    """Return the state of a run: a pure function of its objects.

    Args:
        record: The parsed run.json.
        found: Every other object of the run, parsed.
    """
    stopping = found.end is not None
    steps: dict[str, StepView] = {}
    for node in record.graph.nodes:
        attempts = [view for _, view in sorted(found.attempts.get(node.id, {}).items())]
        decision = found.decisions.get(node.id)
        state = step_state(attempts, decision, record.graph.options(node), stopping=stopping)
        steps[node.id] = StepView(node.id, state, attempts, decision)
    if found.end is not None:
        state_of_run = RunState(found.end.state)
    elif found.leases or found.attempts or found.decisions:
        state_of_run = RunState.RUNNING
    else:
        state_of_run = RunState.SUBMITTED
    leases = sorted(found.leases, key=lambda lease: lease.epoch)
    return RunView(record, state_of_run, steps, found.end, found.cancel, leases)


_OBJECT = re.compile(
    r"(?:steps/(?P<step>[^/].*?)/(?:(?P<decision>decision\.json)"
    r"|(?P<number>\d+)/(?:(?P<what>claim|end)\.json"
    r"|(?:log|ranks/(?P<rank>\d+))/(?P<part>\d+)\.txt)))"
    r"|runner/(?P<epoch>\d+)\.json|(?P<top>end|cancel)\.json"
)


def read_run(objects: ObjectStore, run: str) -> RunView:
    """Read every object of a run and return its state.

    Args:
        objects: The artifact store.
        run: The run's id.

    Raises:
        RunNotFoundError: The store holds no such run.
        IntegrityError: One of its records is damaged.
    """
    layout = RunLayout(run)
    try:
        record = RunRecord.from_bytes(objects.get(layout.record), layout.record)
    except ObjectNotFoundError:
        raise RunNotFoundError(
            f"run {run} is not in {objects.url}: `fairlead runs list` shows those that are"
        ) from None
    found = RunObjects()
    prefix = f"{layout.folder}/"
    readable: list[tuple[str, re.Match[str]]] = []
    for info in objects.list(layout.folder):
        match = _OBJECT.fullmatch(info.path.removeprefix(prefix))
        if match is None:
            continue
        if match["part"] is not None:
            left, rank = _attempt(found, match), match["rank"]
            parts = left.log if rank is None else left.ranks.setdefault(int(rank), [])
            parts.append(int(match["part"]))
        else:
            readable.append((info.path, match))
    local = objects.url.startswith("file:")
    if local or len(readable) < 2:  # noqa: PLR2004 - one object needs no threads
        contents = map(objects.get, [path for path, _ in readable])
        _parse(found, readable, contents)
    else:
        with ThreadPoolExecutor(max_workers=min(16, len(readable))) as pool:
            _parse(found, readable, pool.map(objects.get, [path for path, _ in readable]))
    return run_view(record, found)


def _attempt(found: RunObjects, match: re.Match[str]) -> AttemptView:
    number = int(match["number"])
    return found.attempts.setdefault(match["step"], {}).setdefault(number, AttemptView(number))


def _parse(
    found: RunObjects, readable: list[tuple[str, re.Match[str]]], contents: Iterable[bytes]
) -> None:
    for (path, match), content in zip(readable, contents, strict=True):
        if match["decision"]:
            found.decisions[match["step"]] = Decision.from_bytes(content, path)
        elif match["what"] == "claim":
            _attempt(found, match).claim = Claim.from_bytes(content, path)
        elif match["what"] == "end":
            _attempt(found, match).end = AttemptEnd.from_bytes(content, path)
        elif match["epoch"]:
            found.leases.append(Lease.from_bytes(content, path))
        elif match["top"] == "end":
            found.end = RunEnd.from_bytes(content, path)
        else:
            found.cancel = Cancel.from_bytes(content, path)
