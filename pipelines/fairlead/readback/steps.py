"""Steps of recorded runs and their attempts; ``fairlead.readback.runs`` has the runs."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from fairlead.errors import ObjectNotFoundError, RunNotFoundError
from fairlead.graph import ArtifactInput, NodeInput, StepNode, ValueInput
from fairlead.readback.artifact_version import ArtifactVersion, Outputs
from fairlead.store.layout import RunLayout
from fairlead.store.records import (
    ArtifactRecord,
    AttemptEnd,
    AttemptReference,
    Failure,
    Metric,
    Outcome,
)
from fairlead.store.state import AttemptView, State, StepView

if TYPE_CHECKING:
    from fairlead.readback.runs import Run


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

    def logs(self, rank: int = 0) -> str:
        """Return what it printed; of a distributed attempt, what one of its ranks did."""
        layout, objects = self._step.run.layout, self._step.run.stack.objects
        parts = (
            objects.get(layout.log(self._step.id, self.number, part, rank))
            for part in sorted(self.view.ranks.get(rank, []) if rank else self.view.log)
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
    def shown_parameters(self) -> dict[str, Any]:
        """Return the inputs that are values as plain data; no class of the user is needed."""
        from fairlead.readback.shown_values import shown

        return {name: shown(value) for name, value in self.encoded_parameters.items()}

    @property
    def encoded_parameters(self) -> dict[str, JsonValue]:
        """Return the inputs that are values as they are recorded."""
        return {
            name: given.value
            for name, given in self.node.inputs.items()
            if isinstance(given, ValueInput)
        }

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the inputs that are values, by argument."""
        from fairlead.values import decode

        return {name: decode(value) for name, value in self.encoded_parameters.items()}

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

    def logs(self, attempt: int | None = None, *, rank: int = 0) -> str:
        """Return what it printed.

        Args:
            attempt: Which try; the last one if not given.
            rank: Which process of a distributed step.

        Raises:
            RunNotFoundError: It has no such attempt.
        """
        if attempt is None:
            return self.attempts[-1].logs(rank) if self.attempts else ""
        for tried in self.attempts:
            if tried.number == attempt:
                return tried.logs(rank)
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
