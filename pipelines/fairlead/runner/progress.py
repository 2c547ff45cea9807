"""Keep what a walk knows: which nodes may start, how each stands, and what runs."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from fairlead.graph import Graph, StepNode, StepOptions
from fairlead.ports.step_operator import StepOperator
from fairlead.store.records import ArtifactRecord, AttemptReference, Decision, StepSummary
from fairlead.store.state import State


@dataclass(slots=True)
class RunningAttempt:
    """Hold an attempt that was submitted and has not ended.

    Attributes:
        node: The node.
        number: The attempt's number.
        operator: What runs it.
        options: What it asks for.
        submitted: When it was submitted, by this process's monotonic clock.
        started: When it started; None while it is queued.
    """

    node: StepNode
    number: int
    operator: StepOperator
    options: StepOptions
    submitted: float
    started: float | None

    @property
    def due(self) -> float | None:
        """Return when its time is over: counted from its start, not from when it was queued."""
        if self.started is None or self.options.timeout is None:
            return None
        return self.started + self.options.timeout


@dataclass(slots=True)
class StepProgress:
    """Hold what the walk knows of one node.

    Attributes:
        state: How it stands.
        decided: Whether it was asked for in the cache.
        attempts: How many were submitted.
        failures: How many of them count towards its retries.
        outputs: What it made, once it did.
        summary: How its last attempt ended.
    """

    state: State = State.PENDING
    decided: bool = False
    attempts: int = 0
    failures: int = 0
    outputs: dict[str, ArtifactRecord] = field(default_factory=dict)
    summary: StepSummary | None = None


class GraphProgress:
    """Know of every node of a graph how it stands and what it waits for.

    Attributes:
        nodes: Every node, by its id.
        ready: Ids of the nodes that wait for no other and have not been started, in order.
        left: How many nodes something will still happen to.
        reused: Node → the attempt whose outputs it took from the cache.
        lost: Whether an attempt ended without a word of its own.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.nodes = {node.id: node for node in graph.nodes}
        self._upstream = {node.id: node.upstream() for node in graph.nodes}
        self._downstream: dict[str, list[str]] = {node_id: [] for node_id in self.nodes}
        for node_id, needs in self._upstream.items():
            for need in needs:
                self._downstream[need].append(node_id)
        self._steps = {node_id: StepProgress() for node_id in self.nodes}
        self._waiting = {node_id: len(needs) for node_id, needs in self._upstream.items()}
        self._later: list[tuple[float, str]] = []
        self.ready = deque(node_id for node_id, count in self._waiting.items() if count == 0)
        self.left = len(self.nodes)
        self.reused: dict[str, AttemptReference] = {}
        self.lost = False

    def __getitem__(self, node_id: str) -> StepProgress:
        return self._steps[node_id]

    def options(self, node_id: str) -> StepOptions:
        """Return what a node asks of wherever it runs."""
        return self._graph.options(self.nodes[node_id])

    def inputs(self, node_id: str) -> dict[str, dict[str, ArtifactRecord]]:
        """Return the outputs of the nodes before a node, by their ids."""
        return {need: self._steps[need].outputs for need in self._upstream[node_id]}

    def take(
        self, node_id: str, outputs: dict[str, ArtifactRecord], decision: Decision | None
    ) -> None:
        """Note what a node has to give, and whose it is if it was decided not to run it."""
        self._steps[node_id].outputs = outputs
        if decision is not None and decision.cached_from is not None:
            self.reused[node_id] = decision.cached_from

    def again(self, node_id: str, wait: float) -> None:
        """Let a node be ready once more, in ``wait`` seconds."""
        self._steps[node_id].state = State.RETRYING
        heapq.heappush(self._later, (time.monotonic() + wait, node_id))

    def due(self) -> list[float]:
        """Return when the next node that waits for another attempt is due, if one does."""
        return [at for at, _ in self._later[:1]]

    def free_due(self) -> None:
        """Make the nodes ready whose wait for another attempt is over."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self.ready.append(heapq.heappop(self._later)[1])

    def settle(self, node_id: str, state: State, *, skip: bool) -> Iterator[tuple[str, State, str]]:
        """Note that nothing further happens to a node, and free or skip what follows it.

        Args:
            node_id: The node.
            state: How it stands for good.
            skip: Whether what needs it is skipped, if it has not ended well.

        Yields:
            The node, then every node that is skipped for it: id, state and, of those, the reason.
        """
        settled = deque([(node_id, state, "")])
        while settled:
            current, state, reason = settled.popleft()
            self._steps[current].state = state
            self.left -= 1
            yield current, state, reason
            for follower in self._downstream[current]:
                if state.good:
                    self._waiting[follower] -= 1
                    if self._waiting[follower] == 0:
                        self.ready.append(follower)
                elif skip and self._steps[follower].state is State.PENDING:
                    self._steps[follower].state = State.SKIPPED
                    settled.append((follower, State.SKIPPED, f"step {current!r} {state.value}"))

    def cancel(self) -> None:
        """Note that nothing further happens to any node."""
        for progress in self._steps.values():
            if not progress.state.done:
                progress.state = State.CANCELLED
        self.left = 0

    @property
    def good(self) -> bool:
        """Say whether every node's outputs can be read."""
        return all(progress.state.good for progress in self._steps.values())

    def summaries(self) -> dict[str, StepSummary]:
        """Return how each node stands, as the end of a run repeats it."""
        return {
            node_id: (progress.summary or StepSummary(state="")).model_copy(
                update={"state": progress.state.value, "attempts": progress.attempts}
            )
            for node_id, progress in self._steps.items()
        }
