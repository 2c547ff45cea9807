"""Read back what ran: ``fairlead.runs(limit=20)``, ``fairlead.run("latest")["train"].output``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fairlead.errors import RunNotFoundError
from fairlead.readback.steps import Step
from fairlead.spelling import did_you_mean
from fairlead.store.history import History
from fairlead.store.index import Filter, RunSummary
from fairlead.store.layout import RunLayout
from fairlead.store.records import (
    Provenance,
    RunRecord,
)
from fairlead.store.state import RunState, RunView, read_run

if TYPE_CHECKING:
    from fairlead.binding import Stack


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
    def shown_parameters(self) -> dict[str, Any]:
        """Return the pipeline's parameters as plain data; no class of the user is needed."""
        from fairlead.readback.shown_values import shown

        given = self._summary.parameters if self._summary else self.record.parameters
        return {name: shown(value) for name, value in given.items()}

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
            hint = did_you_mean(step, self.steps) or "."
            names = ", ".join([*self.steps][:20])
            raise RunNotFoundError(
                f"run {self.id} has no step {step!r}{hint} Its steps: {names}"
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


def previous(run: Run) -> Run:
    """Return the run of the same pipeline that was submitted before a run.

    Raises:
        RunNotFoundError: It is the first one.
        StoreError: The store cannot be read.
    """
    accepts = Filter(pipeline=run.pipeline)
    for limit in (2, 100, sys.maxsize):  # seldom is a run meant that is not among the newest
        found = history(run.stack, limit, accepts)
        if before := next((one for one in found if one.id < run.id), None):
            return before
        if len(found) < limit:
            break
    raise RunNotFoundError(
        f"no run of {run.pipeline!r} was submitted before {run.id}: say what to compare it with"
    )


def find(stack: Stack, text: str) -> Run:
    """Return the run of a bound stack that a person means; its record has been read.

    Raises:
        RunNotFoundError: There is no such run, or several are meant.
    """
    found = Run(stack, History(stack.objects).resolve(text))
    _ = found.view
    return found
