"""What user code may use inside a step: ``context``, ``log_metrics``, ``log_figure``, models.

Outside a step (when it is called as a plain function) logging goes to Python's ``logging`` and
nowhere else, so that the same code can be tried by hand.
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import CapabilityError, FairleadError, PipelineError
from fairlead.graph import NAME, StepNode
from fairlead.runtime.rank import Rank
from fairlead.store.records import ArtifactRecord, Metric

if TYPE_CHECKING:
    from fairlead.ports.experiment_tracker import TrackedStep
    from fairlead.ports.model_registry import RegisteredModel
    from fairlead.runtime.checkpoints import Checkpoints
    from fairlead.runtime.session import Session

_log = logging.getLogger("fairlead")


@dataclass(slots=True)
class StepContext:
    """Hold what one attempt knows and reports.

    Attributes:
        session: The run that it belongs to.
        node: The node that it runs.
        attempt: Its number, from 1.
        secrets: Values of the secrets that the step asked for, by name.
        sources: ``(version, digest)`` of each input, by the ``id`` of its value.
        metrics: What was logged.
        figures: What was drawn.
        models: What was registered.
        scratch: A folder that is removed when the attempt ends.
        rank: Which process of a distributed attempt this is.
        checkpoints: The folder that the next attempt begins with, once the step asked for it.
    """

    session: Session
    node: StepNode
    attempt: int
    secrets: dict[str, str] = field(default_factory=dict)
    sources: dict[int, tuple[str, str]] = field(default_factory=dict)
    metrics: list[Metric] = field(default_factory=list)
    figures: dict[str, ArtifactRecord] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    scratch: tempfile.TemporaryDirectory[str] | None = None
    rank: Rank = field(default_factory=Rank)
    checkpoints: Checkpoints | None = None

    def tracked(self) -> TrackedStep:
        """Return how a tracker names this attempt."""
        from fairlead.graph import ValueInput
        from fairlead.ports.experiment_tracker import TrackedStep

        record = self.session.record
        parameters = {
            name: str(given.value)[:500]
            for name, given in self.node.inputs.items()
            if isinstance(given, ValueInput)
        }
        return TrackedStep(
            run=record.run,
            pipeline=record.graph.pipeline,
            step=self.node.id,
            attempt=self.attempt,
            parameters=parameters,
            tags=record.tags,
        )


class _Current:
    """Say which step runs here: in this thread, or else in a process that runs one rank only.

    Threads that an engine starts (Dask's workers) begin without their starter's context.
    """

    def __init__(self) -> None:
        self._here: ContextVar[StepContext | None] = ContextVar("fairlead_step", default=None)
        self._process: StepContext | None = None

    def get(self) -> StepContext | None:
        return self._here.get() or self._process

    def set(self, here: StepContext, *, process: bool = False) -> Token[StepContext | None]:
        if process:
            self._process = here
        return self._here.set(here)

    def reset(self, token: Token[StepContext | None]) -> None:
        self._process = None
        self._here.reset(token)


current = _Current()


@dataclass(frozen=True, slots=True)
class _Outside:
    """A checkpoint directory of code that is called outside a run."""

    folder: Path


class Context:
    """Tell a step about the run that it is part of.

    Outside a run, ``rank`` is 0 of 1, folders are temporary, and every other property is None.

    Example:
        >>> context.run is None
        True
    """

    _outside: _Outside | None = None

    @property
    def run(self) -> str | None:
        """Return the run's id."""
        here = current.get()
        return here.session.record.run if here else None

    @property
    def pipeline(self) -> str | None:
        """Return the pipeline's name."""
        here = current.get()
        return here.session.record.graph.pipeline if here else None

    @property
    def step(self) -> str | None:
        """Return the node's id."""
        here = current.get()
        return here.node.id if here else None

    @property
    def attempt(self) -> int | None:
        """Return the attempt's number, from 1."""
        here = current.get()
        return here.attempt if here else None

    @property
    def stack(self) -> str | None:
        """Return the stack's name."""
        here = current.get()
        return here.session.record.stack if here else None

    @property
    def tags(self) -> Mapping[str, str]:
        """Return the run's tags."""
        here = current.get()
        return here.session.record.tags if here else {}

    @property
    def scratch(self) -> Path:
        """Return a folder for temporary files; it is removed when the attempt ends."""
        here = current.get()
        if here is None:
            return Path(tempfile.mkdtemp(prefix="fairlead-"))
        if here.scratch is None:
            here.scratch = tempfile.TemporaryDirectory(prefix="fairlead-")
        return Path(here.scratch.name)

    @property
    def rank(self) -> int:
        """Return which process of a distributed step this is, from 0; 0 in any other step."""
        here = current.get()
        return here.rank.number if here else 0

    @property
    def world_size(self) -> int:
        """Return how many processes run the step together; 1 unless it is distributed."""
        here = current.get()
        return here.rank.nodes if here else 1

    @property
    def checkpoint_directory(self) -> Path:
        """Return a folder whose content the next attempt of the step begins with.

        What has not changed for some seconds is published to the artifact store meanwhile, and
        what lies there when the step raises; ``save_checkpoint`` publishes at once. Each rank of a
        distributed step has a folder of its own, and begins with the files of all.

        Example:
            >>> newest = max(context.checkpoint_directory.glob("epoch-*"), default=None)
        """
        folder: Path = self._checkpoints().folder
        return folder

    def save_checkpoint(self) -> None:
        """Publish the checkpoint directory as it is; it is safe when this returns.

        Raises:
            FairleadError: It cannot be stored, or files in it keep changing.
        """
        from fairlead.runtime.checkpoints import publish_now

        if current.get() is not None:
            publish_now(self._checkpoints())

    def _checkpoints(self) -> Any:
        here = current.get()
        if here is None:
            if self._outside is None:
                self._outside = _Outside(Path(tempfile.mkdtemp(prefix="fairlead-checkpoint-")))
            return self._outside
        if here.checkpoints is None:
            from fairlead.runtime.checkpoints import Checkpoints

            here.checkpoints = Checkpoints(
                here.session, here.node.id, here.attempt, here.rank.number
            )
        return here.checkpoints

    def secret(self, name: str) -> str:
        """Return the value of a secret that the step names in ``@step(secrets=[…])``.

        Raises:
            PipelineError: The step does not name it.
        """
        here = current.get()
        if here is None:
            raise PipelineError(
                f"secret {name!r} can be read inside a run only; outside, pass the value yourself"
            )
        if name not in here.secrets:
            raise PipelineError(
                f"step {here.node.id!r} reads secret {name!r} without naming it: write "
                f"@step(secrets=[{name!r}])"
            )
        return here.secrets[name]


context = Context()


def log_metrics(
    metrics: Mapping[str, float] | None = None, *, at: int | None = None, **named: float
) -> None:
    """Log numbers of this step, in the run record and in whatever tracker is bound.

    Args:
        metrics: Numbers by name.
        at: The iteration that they belong to, for curves.
        **named: Further numbers.

    Raises:
        PipelineError: A value is not a number.

    Example:
        >>> log_metrics(accuracy=0.97)
    """
    values: dict[str, float] = {}
    for name, value in {**(metrics or {}), **named}.items():
        try:
            values[str(name)] = float(value)
        except (TypeError, ValueError):
            raise PipelineError(
                f"metric {name!r} is {type(value).__name__}, not a number: log floats"
            ) from None
    here = current.get()
    if here is None or here.rank.number:  # of a distributed step, rank 0 is the one that reports
        _log.info("metrics%s: %s", "" if at is None else f" at {at}", values)
        return
    here.metrics.extend(Metric(name=name, value=value, at=at) for name, value in values.items())
    tracker = here.session.stack.adapter("experiment_tracker")
    if tracker is not None:
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        tracker.log_metrics(here.tracked(), finite, at=at)


def log_figure(name: str, figure: Any) -> None:
    """Keep a picture of this step, as an artifact and in whatever tracker is bound.

    Args:
        name: Lower-case letters, digits and underscores.
        figure: A Matplotlib figure, PNG bytes, or the path of a PNG or SVG file.

    Raises:
        PipelineError: The name is not possible or the figure is none.

    Example:
        >>> log_figure("roc", b"PNG")  # outside a run it only goes to the log
    """
    if not NAME.fullmatch(name):
        raise PipelineError(f"figure name {name!r} does not match {NAME.pattern}")
    here = current.get()
    if here is None or here.rank.number:
        _log.info("figure %s: %r", name, figure)
        return
    content, media_type = _picture(figure, name)
    record = here.session.save_figure(here.node.id, name, content, media_type)
    here.figures[name] = record
    tracker = here.session.stack.adapter("experiment_tracker")
    if tracker is not None:
        tracker.log_figure(here.tracked(), name, content, media_type)


def _picture(figure: Any, name: str) -> tuple[bytes, str]:
    if isinstance(figure, str | Path):
        figure = Path(figure).read_bytes()
    if hasattr(figure, "savefig"):
        import io

        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", bbox_inches="tight", metadata={"Software": None})
        return buffer.getvalue(), "image/png"
    if isinstance(figure, bytes):
        if figure.startswith(b"\x89PNG"):
            return figure, "image/png"
        if b"<svg" in figure[:1000]:
            return figure, "image/svg+xml"
    raise PipelineError(
        f"figure {name!r} is {type(figure).__name__}: pass a Matplotlib figure, PNG or SVG bytes, "
        "or the path of such a file"
    )


def register_model(
    name: str,
    model: Any,
    *,
    aliases: Sequence[str] = (),
    metrics: Mapping[str, float] | None = None,
) -> RegisteredModel:
    """Register a model that this step received as an input, in whatever registry is bound.

    Args:
        name: The model's name in the registry.
        model: The very object that came in as an input of this step; its version and digest are
            recorded with it.
        aliases: Names that shall point at this version, such as ``["champion"]``.
        metrics: Numbers to keep with it.

    Returns:
        The registered version.

    Raises:
        PipelineError: Not inside a run, or the model is not an input of this step.
        CapabilityError: The bound stack has no model registry.

    Example:
        >>> register_model("digits", model, aliases=["champion"])  # doctest: +SKIP
        RegisteredModel(name='digits', version='1', ...)
    """
    here = current.get()
    if here is None:
        raise PipelineError("register_model works inside a run only")
    if here.rank.number:
        raise PipelineError(
            f"register_model({name!r}) in {here.rank} of step {here.node.id!r}: rank 0 alone "
            "registers, or there would be a version for each; write `if context.rank == 0:`"
        )
    source = here.sources.get(id(model))
    if source is None:
        raise PipelineError(
            f"register_model({name!r}) in step {here.node.id!r}: the model is not an input of the "
            "step. Return it from the step that makes it and pass it to one that registers it, so "
            "that the registered version has a lineage."
        )
    registry = here.session.stack.adapter("model_registry")
    if registry is None:
        raise CapabilityError(
            f"step {here.node.id!r} registers a model, but stack {context.stack!r} has no "
            "model_registry: add one to its components"
        )
    registered = registry.register(
        name, model, source=source[0], digest=source[1], aliases=tuple(aliases),
        metrics=dict(metrics or {}),
    )  # fmt: skip
    here.models[name] = registered.version
    result: RegisteredModel = registered
    return result


def close_tracker(here: StepContext, *, succeeded: bool) -> None:
    """Tell the tracker that an attempt has ended, if anything was logged to it."""
    if not (here.metrics or here.figures):
        return
    tracker = here.session.stack.adapter("experiment_tracker")
    if tracker is not None:
        try:
            tracker.close(here.tracked(), succeeded=succeeded)
        except FairleadError:
            _log.exception("the experiment tracker could not be closed")
