"""Run one step of a recorded run here: its exact inputs, its recorded code, nothing written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import CapabilityError, IntegrityError, RunNotFoundError
from fairlead.runtime import context as step_context
from fairlead.runtime.inputs import Inputs
from fairlead.runtime.session import Session
from fairlead.store.records import ArtifactRecord

if TYPE_CHECKING:
    from fairlead.readback.runs import Run


class _ReadOnlyStack:
    """A bound stack without what writes: no tracker, a registry that refuses."""

    def __init__(self, stack: Any) -> None:
        self._stack = stack

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stack, name)

    def adapter(self, kind: str, name: str | None = None) -> Any:
        if kind == "experiment_tracker":
            return None
        if kind == "model_registry":
            raise CapabilityError("a step that is debugged registers no model: nothing is written")
        return self._stack.adapter(kind, name)


class _ReadOnlySession(Session):
    """A session that keeps no pictures."""

    def save_figure(self, step: str, name: str, content: bytes, media_type: str) -> ArtifactRecord:
        """Describe a picture without storing it."""
        del step
        return ArtifactRecord(
            digest="", path="", size=len(content), materializer="bytes", materializer_version=1,
            type=media_type, metadata={"name": name},
        )  # fmt: skip


class RecordedStep:
    """One step of a recorded run with its inputs loaded, ready to be called.

    Attributes:
        function: The step's function, from the run's code bundle.
        arguments: Its inputs, verified.
        code: Where the bundle is unpacked; None if the run carries none.

    Args:
        run: The run.
        step: The node's id.
        function: The function, where the run carries no code (it ran in the submitter's process).

    Raises:
        RunNotFoundError: The run has no such step, or what it reads was never made.
        IntegrityError: An input is not what the step read then.
    """

    def __init__(self, run: Run, step: str, function: Callable[..., Any] | None = None) -> None:
        node = run[step].node
        functions = {node.definition: function} if function else None
        stack: Any = _ReadOnlyStack(run.stack)
        self._session = _ReadOnlySession(
            run.stack.objects, run.record, functions=functions, stack=stack
        )
        self._context = step_context.StepContext(self._session, node, 1)
        self.function = self._session.function(node)
        self.code: Path | None = self._session.code
        inputs = Inputs(self._session)
        for reference, digest in run[step].inputs.items():
            if not digest:
                raise RunNotFoundError(
                    f"step {step!r} of run {run.id} reads {reference}, which was never made: "
                    "debug the step that makes it"
                )
        _check(run, step, inputs.versions(node))
        for name in run.record.graph.options(node).secrets:
            self._context.secrets[name] = run.stack.adapter("secret_store").get(name)
        hints = _annotations(self.function)
        self.arguments = {
            name: inputs.load(given, hints.get(name, Any)) for name, given in node.inputs.items()
        }
        self._context.sources.update(inputs.sources)

    def call(self, how: Callable[..., Any] | None = None) -> Any:
        """Call the step in this process and return its result; nothing is stored.

        Args:
            how: Calls the function it is given, such as ``pdb.runcall``.
        """
        self._context.metrics.clear()
        token = step_context.current.set(self._context)
        before = Path.cwd()
        if self.code is not None:
            os.chdir(self.code)
        try:
            if how is None:
                return self.function(**self.arguments)
            return how(self.function, **self.arguments)
        finally:
            os.chdir(before)
            step_context.current.reset(token)
            if self._context.scratch is not None:
                self._context.scratch.cleanup()
                self._context.scratch = None

    @property
    def metrics(self) -> dict[str, float]:
        """Return what the last call logged."""
        return {metric.name: metric.value for metric in self._context.metrics}


def _check(run: Run, step: str, versions: dict[str, str]) -> None:
    """Compare with what the step read when it ran."""
    attempts = run[step].view.attempts
    read = attempts[-1].end.inputs if attempts and attempts[-1].end else {}
    for version, digest in read.items():
        if versions.get(version, digest) != digest:
            raise IntegrityError(
                f"{version} has digest {versions[version]} now, but the step read {digest}: its "
                "record was replaced. Restore it from the store's versions."
            )


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    import typing

    from fairlead.annotations import strip_annotated

    hints = typing.get_type_hints(function, include_extras=True)
    return {name: strip_annotated(hint) for name, hint in hints.items()}
