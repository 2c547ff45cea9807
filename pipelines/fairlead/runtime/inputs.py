"""Find and load what a step reads: outputs of this run's steps, and of other runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fairlead.annotations import member_type
from fairlead.errors import IntegrityError, ObjectNotFoundError
from fairlead.graph import ArtifactInput, Input, ListInput, NodeInput, StepNode, ValueInput
from fairlead.runtime.session import Session
from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectStore
from fairlead.store.records import ArtifactRecord, AttemptEnd, Decision, Outcome


def step_outputs(objects: ObjectStore, layout: RunLayout, step: str) -> dict[str, ArtifactRecord]:
    """Return the outputs of a step of any run, from its records.

    Most steps succeed at their first attempt, so that is looked at before anything is listed.

    Args:
        objects: The artifact store.
        layout: The run.
        step: A node that has succeeded or was decided to be cached.

    Raises:
        ObjectNotFoundError: It has neither.
    """
    with contextlib.suppress(ObjectNotFoundError):
        path = layout.attempt_end(step, 1)
        end = AttemptEnd.from_bytes(objects.get(path), path)
        if end.outcome is Outcome.SUCCEEDED:
            return end.outputs
    with contextlib.suppress(ObjectNotFoundError):
        path = layout.decision(step)
        return Decision.from_bytes(objects.get(path), path).outputs
    prefix = f"{layout.step(step)}/"
    for info in sorted(objects.list(layout.step(step)), key=lambda info: info.path, reverse=True):
        number, _, rest = info.path.removeprefix(prefix).partition("/")
        if rest == "end.json" and number.isdigit():
            end = AttemptEnd.from_bytes(objects.get(info.path), info.path)
            if end.outcome is Outcome.SUCCEEDED:
                return end.outputs
    raise ObjectNotFoundError(f"step {step!r} of run {layout.run} has no outputs in {objects.url}")


class Inputs:
    """Load a node's inputs and remember where each came from.

    Args:
        session: The run.
        scratch: Returns the attempt's folder for files, which is removed when it ends; None
            takes a temporary one that lasts as long as this process.

    Attributes:
        sources: ``(version, digest)`` of each loaded artifact, by the ``id`` of its value.
    """

    def __init__(self, session: Session, scratch: Callable[[], Path] | None = None) -> None:
        self.session = session
        self._scratch = scratch
        self.sources: dict[int, tuple[str, str]] = {}
        self._outputs: dict[str, dict[str, ArtifactRecord]] = {}

    def versions(self, node: StepNode) -> dict[str, str]:
        """Return the digest of everything that a node refers to, by version."""
        found = {}
        for reference in node.references():
            if isinstance(reference, NodeInput):
                version = f"{self.session.record.run}/{reference.node}/{reference.output}"
                found[version] = self.record(reference).digest
            else:
                found[reference.version] = reference.digest
        return found

    def record(self, reference: NodeInput) -> ArtifactRecord:
        """Return the record of an output of this run, read from the store once."""
        outputs = self._outputs.get(reference.node)
        if outputs is None:
            outputs = step_outputs(self.session.objects, self.session.layout, reference.node)
            self._outputs[reference.node] = outputs
        return outputs[reference.output]

    def load(self, given: Input, annotation: Any) -> Any:
        """Return the value of one input."""
        if isinstance(given, ValueInput):
            from fairlead.values import decode

            return decode(given.value)
        if isinstance(given, NodeInput):
            record = self.record(given)
            version = f"{self.session.record.run}/{given.node}/{given.output}"
            return self._value(record, version, annotation)
        if isinstance(given, ArtifactInput):
            run, _, rest = given.version.partition("/")
            step, _, output = rest.rpartition("/")
            outputs = step_outputs(self.session.objects, RunLayout(run), step)
            record = outputs[output]
            if record.digest != given.digest:
                raise IntegrityError(
                    f"artifact {given.version} is {record.digest}, but the run was bound to "
                    f"{given.digest}"
                )
            return self._value(record, given.version, annotation)
        if isinstance(given, ListInput):
            inner = member_type(tuple if given.tuple_ else list, annotation)
            items = [self.load(item, inner) for item in given.items]
            return tuple(items) if given.tuple_ else items
        inner = member_type(dict, annotation)
        return {key: self.load(item, inner) for key, item in given.items.items()}

    def _value(self, record: ArtifactRecord, version: str, annotation: Any) -> Any:
        files = record.materializer == "path" or record.form == "list"
        into = self._scratch() if files and self._scratch is not None else None
        value = self.session.stack.artifacts.load(record, annotation, into=into)
        self.sources[id(value)] = (version, record.digest)
        return value
