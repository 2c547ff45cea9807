"""Read back what ran: ``fairlead.runs(limit=20)``, ``fairlead.run("latest")["train"].output``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fairlead.artifact_version import ArtifactVersion, Outputs
from fairlead.errors import ObjectNotFoundError, RunNotFoundError
from fairlead.graph import ArtifactInput, NodeInput, StepNode, ValueInput
from fairlead.store.history import History
from fairlead.store.index import Filter, RunSummary
from fairlead.store.layout import RunLayout
from fairlead.store.records import (
    ArtifactRecord,
    AttemptEnd,
    AttemptReference,
    Failure,
    Metric,
    Outcome,
    Provenance,
    RunRecord,
)
from fairlead.store.state import AttemptView, RunState, RunView, State, StepView, read_run

if TYPE_CHECKING:
    from fairlead.binding import Stack


class Attempt:
    """One try of a step.

    Attributes:
        number: From 1.
    """

    def __init__(self, step: Step, view: AttemptView) -> None:
        self._step = step
        self.view = view
        self.number = view.number

    def __repr__(self) -> str:
        return f"<attempt {self.number} of {self._step.id!r}: {self.outcome or 'running'}>"

    @property
    def outcome(self) -> str | None:
        """Return how it ended; None while it runs."""
        return None if self.view.end is None else str(self.view.end.outcome)

    @property
    def failure(self) -> Failure | None:
        """Return why it failed, if it did."""
        return None if self.view.end is None else self.view.end.failure

    @property
    def started(self) -> datetime | None:
        """Return when user code began, or else when a process took the attempt."""
        if self.view.end is not None and self.view.end.started is not None:
            return self.view.end.started
        return None if self.view.claim is None else self.view.claim.started

    @property
    def ended(self) -> datetime | None:
        """Return when it ended."""
        return None if self.view.end is None else self.view.end.ended

    @property
    def seconds(self) -> float | None:
        """Return how long it took; None while it runs."""
        if self.started is None or self.ended is None:
            return None
        return max((self.ended - self.started).total_seconds(), 0.0)

    def logs(self) -> str:
        """Return what it printed."""
        layout, objects = self._step.run.layout, self._step.run.stack.objects
        parts = (
            objects.get(layout.log(self._step.id, self.number, part))
            for part in sorted(self.view.log)
        )
        return b"".join(parts).decode(errors="replace")


class Step:
    """One step of a run.

    Attributes:
        run: The run that it is part of.
        id: The node's id.
        node: The node of the graph.
    """

    def __init__(self, run: Run, view: StepView, node: StepNode) -> None:
        self.run = run
        self.view = view
        self.node = node
        self.id = view.id

    def __repr__(self) -> str:
        return f"<step {self.id!r} of run {self.run.id}: {self.state}>"

    @property
    def state(self) -> State:
        """Return how it stands."""
        return self.view.state

    @cached_property
    def attempts(self) -> list[Attempt]:
        """Return its tries, first to last; none if it was cached or skipped."""
        return [Attempt(self, view) for view in self.view.attempts]

    @property
    def made_by(self) -> AttemptReference | None:
        """Return the attempt whose outputs it has: of another run if it was cached."""
        if self.state is State.CACHED and self.view.decision is not None:
            return self.view.decision.cached_from
        for view in self.view.attempts:
            if view.end is not None and view.end.outcome is Outcome.SUCCEEDED:
                return AttemptReference(run=self.run.id, step=self.id, attempt=view.number)
        return None

    @property
    def reason(self) -> str:
        """Return why it was not run, or why it failed; empty otherwise."""
        if self.view.decision is not None and self.view.decision.reason:
            return self.view.decision.reason
        failure = self.failure
        return f"{failure.type}: {failure.message}" if failure else ""

    @property
    def failure(self) -> Failure | None:
        """Return why its last attempt failed, if it did."""
        return self.attempts[-1].failure if self.attempts else None

    @property
    def outputs(self) -> Outputs:
        """Return its outputs by name; those of a cached step were made by an earlier run."""
        made_by = self.made_by or AttemptReference(run=self.run.id, step=self.id, attempt=0)
        versions = {
            name: ArtifactVersion(self.run.id, self.id, name, record, made_by, self.run.stack)
            for name, record in self.view.outputs.items()
        }
        where = f"step {self.id!r} of run {self.run.id}"
        absent = "" if self.state.good else f"the step is {self.state}"
        return Outputs(where, versions, absent)

    @property
    def output(self) -> ArtifactVersion:
        """Return its output, where there is exactly one.

        Raises:
            RunNotFoundError: It has none or several.
        """
        outputs = self.outputs
        if len(outputs) != 1:
            names = ", ".join(outputs)
            why = (
                f"has several outputs ({names}): take one with .outputs[name]"
                if outputs
                else f"has no output: it {'returns nothing' if self.state.good else self.state}"
            )
            raise RunNotFoundError(f"step {self.id!r} of run {self.run.id} {why}")
        return next(iter(outputs.values()))

    @cached_property
    def end(self) -> AttemptEnd | None:
        """Return the record of the attempt that counts; an earlier run's if it was cached."""
        made_by = self.made_by
        if made_by is None:
            return self.view.attempts[-1].end if self.view.attempts else None
        for attempt in self.view.attempts:
            if (made_by.run, made_by.attempt) == (self.run.id, attempt.number):
                return attempt.end
        path = RunLayout(made_by.run).attempt_end(made_by.step, made_by.attempt)
        try:
            return AttemptEnd.from_bytes(self.run.stack.objects.get(path), path)
        except ObjectNotFoundError:
            return None

    @property
    def metrics(self) -> dict[str, float]:
        """Return the last value of each number that it logged."""
        return {metric.name: metric.value for metric in self.metric_history}

    @property
    def metric_history(self) -> list[Metric]:
        """Return every number that it logged, in order."""
        return list(self.end.metrics) if self.end else []

    @property
    def figures(self) -> dict[str, ArtifactRecord]:
        """Return the pictures that it logged, by name."""
        return dict(self.end.figures) if self.end else {}

    @property
    def models(self) -> dict[str, str]:
        """Return the model versions that it registered, by name."""
        return dict(self.end.models) if self.end else {}

    def figure(self, name: str) -> bytes:
        """Return a picture that it logged, as PNG or SVG.

        Raises:
            RunNotFoundError: It logged none of this name.
        """
        if name not in self.figures:
            names = ", ".join(self.figures) or "none"
            raise RunNotFoundError(f"step {self.id!r} has no figure {name!r}; its figures: {names}")
        return self.run.stack.objects.get(self.figures[name].path)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the inputs that are values, by argument."""
        from fairlead.values import decode

        return {
            name: decode(given.value)
            for name, given in self.node.inputs.items()
            if isinstance(given, ValueInput)
        }

    @property
    def inputs(self) -> dict[str, str]:
        """Return the digest of every artifact that it reads, by version.

        A digest is empty where the step that makes the artifact has not ended.
        """
        found: dict[str, str] = {}
        for reference in self.node.references():
            found.update(self._input(reference))
        return found

    def _input(self, reference: NodeInput | ArtifactInput) -> dict[str, str]:
        if isinstance(reference, ArtifactInput):
            return {reference.version: reference.digest}
        record = self.run.view.steps[reference.node].outputs.get(reference.output)
        version = f"{self.run.id}/{reference.node}/{reference.output}"
        return {version: record.digest if record else ""}

    def logs(self, attempt: int | None = None) -> str:
        """Return what it printed.

        Args:
            attempt: Which try; the last one if not given.

        Raises:
            RunNotFoundError: It has no such attempt.
        """
        if attempt is None:
            return self.attempts[-1].logs() if self.attempts else ""
        for tried in self.attempts:
            if tried.number == attempt:
                return tried.logs()
        raise RunNotFoundError(
            f"step {self.id!r} of run {self.run.id} has {len(self.attempts)} attempts, no number "
            f"{attempt}"
        )

    @property
    def started(self) -> datetime | None:
        """Return when its first attempt began."""
        return self.attempts[0].started if self.attempts else None

    @property
    def ended(self) -> datetime | None:
        """Return when its last attempt ended."""
        return self.attempts[-1].ended if self.attempts else None

    @property
    def seconds(self) -> float | None:
        """Return the time from its first attempt's begin to its last one's end."""
        if self.started is None or self.ended is None:
            return None
        return max((self.ended - self.started).total_seconds(), 0.0)


class Run:
    """A run, as the records in its store tell it.

    Args:
        stack: The stack in whose store it lies.
        run: Its id.
        view: Its records, if they were read already.
        summary: What a listing told of it.

    Example:
        ``fairlead.run("latest")["train"].outputs["model"].load()``
    """

    def __init__(
        self,
        stack: Stack,
        run: str,
        *,
        view: RunView | None = None,
        summary: RunSummary | None = None,
    ) -> None:
        self.stack = stack
        self.id = run
        self.layout = RunLayout(run)
        self._view = view
        self._summary = summary
        self._steps: dict[str, Step] | None = None

    def __repr__(self) -> str:
        return f"<run {self.id} of {self.pipeline!r} on {self.stack.name!r}: {self.state}>"

    @property
    def view(self) -> RunView:
        """Return its records, read at first use; ``refresh`` reads them again."""
        if self._view is None:
            self._view = read_run(self.stack.objects, self.id)
        return self._view

    def refresh(self) -> Run:
        """Read the records again, unless the run has ended and nothing can have changed."""
        if self._view is None or self._view.end is None:
            self._view = read_run(self.stack.objects, self.id)
            self._steps, self._summary = None, None
        return self

    def wait(self, timeout: float | None = None, *, poll: float = 1.0) -> Run:
        """Return when the run has ended.

        Args:
            timeout: Seconds after which to give up; None waits for ever.
            poll: Seconds between looks.

        Raises:
            TimeoutError: It had not ended in time.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.refresh().view.end is None:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"run {self.id} had not ended after {timeout:g} s")
            time.sleep(poll)
        return self

    @property
    def record(self) -> RunRecord:
        """Return run.json."""
        return self.view.record

    @property
    def state(self) -> RunState | str:
        """Return how it stands."""
        return self._summary.state if self._view is None and self._summary else self.view.state

    @property
    def pipeline(self) -> str:
        """Return the pipeline's name."""
        return self._summary.pipeline if self._summary else self.record.graph.pipeline

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the pipeline's parameters."""
        from fairlead.values import decode

        given = self._summary.parameters if self._summary else self.record.parameters
        return {name: decode(value) for name, value in given.items()}

    @property
    def tags(self) -> dict[str, str]:
        """Return its tags."""
        return dict(self._summary.tags if self._summary else self.record.tags)

    @property
    def provenance(self) -> Provenance:
        """Return who started it, where and from what code."""
        return self.record.provenance

    @property
    def started(self) -> datetime:
        """Return when it was submitted."""
        return self._summary.created if self._summary else self.record.created

    @property
    def ended(self) -> datetime | None:
        """Return when it ended."""
        if self._view is None and self._summary:
            return self._summary.ended
        return self.view.end.ended if self.view.end else None

    @property
    def seconds(self) -> float | None:
        """Return how long it took; None while it goes on."""
        return None if self.ended is None else (self.ended - self.started).total_seconds()

    @property
    def url(self) -> str:
        """Return where its records lie."""
        return f"{self.stack.objects.url}/{self.layout.folder}"

    @property
    def steps(self) -> Mapping[str, Step]:
        """Return its steps by id, each after those that it needs."""
        if self._steps is None:
            nodes = {node.id: node for node in self.record.graph.nodes}
            self._steps = {
                name: Step(self, view, nodes[name]) for name, view in self.view.steps.items()
            }
        return self._steps

    def __getitem__(self, step: str) -> Step:
        try:
            return self.steps[step]
        except KeyError:
            import difflib

            close = difflib.get_close_matches(step, self.steps, 1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            names = ", ".join([*self.steps][:20])
            raise RunNotFoundError(
                f"run {self.id} has no step {step!r}; {hint}Its steps: {names}"
            ) from None

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps.values())

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Return the last value of each logged number, by step; steps without are left out."""
        return {step.id: step.metrics for step in self if step.metrics}


def runs(
    limit: int = 20,
    *,
    stack: str | None = None,
    pipeline: str | None = None,
    state: str | None = None,
    tags: Mapping[str, str] | None = None,
    since: datetime | None = None,
    manifest: str | None = None,
) -> list[Run]:
    """Return the newest runs, newest first.

    Args:
        limit: At most so many.
        stack: The stack in whose store to look; as for ``pipeline.run`` if not given.
        pipeline: Only runs of this pipeline.
        state: Only runs in this state: submitted, running, succeeded, failed or cancelled.
        tags: Only runs with these tags.
        since: Only runs submitted at or after this time.
        manifest: A manifest, or where one lies, instead of a stack's name.

    Raises:
        StackNotFoundError: There is no such stack.
        StoreError: Its store cannot be read.

    Example:
        ``[run.state for run in fairlead.runs(limit=5, pipeline="training")]``
    """
    from fairlead.binding import bind

    bound = bind(stack, manifest=manifest)
    return history(bound, limit, wanted(pipeline, state, tags, since))


def wanted(
    pipeline: str | None = None,
    state: str | None = None,
    tags: Mapping[str, str] | None = None,
    since: datetime | None = None,
) -> Filter:
    """Return the filter for what a caller asks.

    Raises:
        RunNotFoundError: No run can be in such a state.
    """
    if state is not None and state not in {*RunState, "unreadable"}:
        raise RunNotFoundError(
            f"no run can be {state!r}: the states are {', '.join([*RunState])}, unreadable"
        )
    if since is not None and since.tzinfo is None:
        since = since.astimezone()
    return Filter(state, pipeline, None, tuple((tags or {}).items()), since)


def history(stack: Stack, limit: int, accepts: Filter) -> list[Run]:
    """Return the newest runs of a bound stack that a filter accepts."""
    found = History(stack.objects).runs(limit, accepts)
    return [Run(stack, summary.id, summary=summary) for summary in found]


def run(id: str = "latest", *, stack: str | None = None, manifest: str | None = None) -> Run:  # noqa: A002 - the field's name
    """Return one run.

    Args:
        id: Its id, the beginning or end of it, or ``latest``.
        stack: The stack in whose store to look.
        manifest: A manifest, or where one lies, instead of a stack's name.

    Raises:
        RunNotFoundError: There is no such run, or several are meant.
        StackNotFoundError: There is no such stack.

    Example:
        >>> run("latest", stack="local")["evaluate"].output.load()  # doctest: +SKIP
        0.97
    """
    from fairlead.binding import bind

    return find(bind(stack, manifest=manifest), id)


def find(stack: Stack, text: str) -> Run:
    """Return the run of a bound stack that a person means; its record has been read.

    Raises:
        RunNotFoundError: There is no such run, or several are meant.
    """
    found = Run(stack, History(stack.objects).resolve(text))
    _ = found.view
    return found
