"""Execute one attempt of one step: claim, read, call, write, end.

The same code runs in a warm worker of a laptop, in a pod and in a cloud's job.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from fairlead.errors import (
    BackendError,
    FairleadError,
    IntegrityError,
    MaterializerError,
    PipelineError,
)
from fairlead.graph import MORE_MEMORY, StepNode
from fairlead.runtime import context as step_context
from fairlead.runtime.engines import Engine, engine
from fairlead.runtime.forked_children import end_forked_children
from fairlead.runtime.inputs import Inputs
from fairlead.runtime.logs import LogSpool, redact, tail
from fairlead.runtime.rank import Rank, Ranks
from fairlead.runtime.session import Session
from fairlead.store.records import (
    ArtifactRecord,
    AttemptEnd,
    AttemptReference,
    CacheRecord,
    Claim,
    Failure,
    Outcome,
    now,
)

_HOST = socket.gethostname()


def execute(
    session: Session,
    step: str,
    number: int,
    *,
    spool: LogSpool,
    capture: Callable[[LogSpool], AbstractContextManager[None]],
    rank: Rank | None = None,
) -> AttemptEnd | None:
    """Execute an attempt, or one rank of it, and record it.

    Rank 0 holds the claim, and its outputs are the step's; it records that the attempt succeeded
    once every rank has done its part. A rank that fails ends the attempt itself.

    Args:
        session: The run.
        step: The node's id.
        number: The attempt's number, from 1.
        spool: Where what it prints is kept.
        capture: How what it prints gets there.
        rank: Which process of a distributed attempt this is; the only one if not given.

    Returns:
        The recorded end; None if another process holds the claim, or has ended the attempt. Of a
        further rank that has done its part, an end that is not recorded.

    Raises:
        StoreError: The store cannot be read or written, so nothing can be recorded.
    """
    objects, layout = session.objects, session.layout
    node, rank = session.node(step), rank or Rank()
    if rank.number == 0:
        claim = Claim(host=_HOST, pid=os.getpid())
        if not objects.put_new(layout.claim(step, number), claim.to_bytes()):
            return None
    here = step_context.StepContext(session, node, number, rank=rank)
    attempt = _Attempt(session, node, here)
    before = resource.getrusage(resource.RUSAGE_SELF)
    spool.secrets = here.secrets
    with capture(spool):
        outcome, failure = attempt.run()
        if failure is not None:
            sys.stderr.write(failure.traceback or f"{failure.type}: {failure.message}\n")
    spool.ship(final=True)
    if failure is not None:
        failure = failure.model_copy(update={"log_tail": tail(spool.text())})
        time.sleep(rank.grace)
    after = resource.getrusage(resource.RUSAGE_SELF)
    end = AttemptEnd(
        outcome=outcome,
        outputs=attempt.outputs,
        inputs=attempt.versions,
        cache_key=attempt.key,
        failure=failure,
        metrics=tuple(here.metrics),
        figures=here.figures,
        models=here.models,
        started=attempt.started,
        cpu_seconds=(after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime),
        peak_memory=after.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        host=_HOST,
    )
    if rank.number and failure is None:
        return end
    try:
        content = end.to_bytes()
    except ValueError as error:
        end = AttemptEnd(
            outcome=Outcome.FAILED,
            inputs=attempt.versions,
            failure=_unrecordable(step, error),
            started=attempt.started,
            host=_HOST,
        )
        content = end.to_bytes()
    if attempt.key is not None and end.outcome is Outcome.SUCCEEDED:
        from fairlead.store.cache import publish

        made_by = AttemptReference(run=session.record.run, step=step, attempt=number)
        record = CacheRecord(key=attempt.key, made_by=made_by, outputs=attempt.outputs)
        publish(objects, session.record.graph.pipeline, step, record)
    if not objects.put_new(layout.attempt_end(step, number), content):
        return None
    return end


def _unrecordable(step: str, error: ValueError) -> Failure:
    """Say that what a step returned or logged has text that no record can hold."""
    message = (
        f"what step {step!r} returned or logged cannot be recorded ({error}): text must be "
        "Unicode; a name of a file that is not comes from os.fsencode as bytes"
    )
    return Failure(type="MaterializerError", message=message, retryable=False)


class _Attempt:
    """Run one attempt's user code and keep what comes of it."""

    def __init__(self, session: Session, node: StepNode, here: step_context.StepContext) -> None:
        self.session = session
        self.node = node
        self.here = here
        self.options = session.record.graph.options(node)
        self.outputs: dict[str, ArtifactRecord] = {}
        self.versions: dict[str, str] = {}
        self.key: str | None = None
        self.started: datetime | None = None

    def run(self) -> tuple[Outcome, Failure | None]:
        """Return how it ended; nothing that user code raises gets past here."""
        token = step_context.current.set(self.here, process=self.options.distributed is not None)
        succeeded = False
        try:
            self._run()
            succeeded = True
        except FairleadError as error:
            permanent = isinstance(error, IntegrityError | MaterializerError | PipelineError)
            return Outcome.FAILED, self._failure(error, retryable=not permanent)
        except KeyboardInterrupt:
            raise
        except SystemExit as error:
            message = f"the step called sys.exit({error.code!r})"
            return Outcome.FAILED, self._failure(error, message=message)
        except BaseException as error:  # noqa: BLE001 - the one boundary of user code
            return Outcome.FAILED, self._failure(error)
        finally:
            try:
                step_context.close_tracker(self.here, succeeded=succeeded)
            finally:
                step_context.current.reset(token)
                if self.here.checkpoints is not None:
                    self.here.checkpoints.close(succeeded=succeeded)
                if self.here.scratch is not None:
                    with contextlib.suppress(OSError):
                        self.here.scratch.cleanup()
        return Outcome.SUCCEEDED, None

    def _run(self) -> None:
        session, node = self.session, self.node
        graph = session.record.graph
        definition, options = graph.definition(node), self.options
        for name in options.secrets:
            self.here.secrets[name] = _secret(session, node, name)
        function = session.function(node)
        if self.here.rank.number and not self._engine.EVERYWHERE:
            self._engine.serve(self.here.rank, options.resources, self._ranks.head_done)
            self._ranks.done()
            return
        inputs = Inputs(session, lambda: step_context.context.scratch)
        self.here.sources = inputs.sources
        self.versions = inputs.versions(node)
        if options.cache and not self.here.rank.number:
            from fairlead.store.cache_key import input_identities, step_key

            identities = input_identities(node, inputs.record)
            self.key = step_key(session.record, node, identities)
        annotations = _annotations(function) if self.versions else {}
        arguments = {
            name: inputs.load(given, annotations.get(name, Any))
            for name, given in node.inputs.items()
        }
        self.started = now()
        result = self._call(function, arguments)
        if self.here.rank.number:
            return
        declared = _annotations(function).get("return", Any)
        for output, value, annotation in _split(definition, result, declared):
            self.outputs[output] = session.stack.artifacts.save(
                value,
                pipeline=graph.pipeline,
                step=node.id,
                output=output,
                annotation=annotation,
            )

    @cached_property
    def _ranks(self) -> Ranks:
        here = self.here
        return Ranks(
            self.session.objects, self.session.layout, here.node.id, here.attempt, here.rank
        )

    @cached_property
    def _engine(self) -> Engine:
        assert self.options.distributed is not None
        return engine(self.options.distributed.kind)

    def _call(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Call the step's function, where it is distributed with all ranks there."""
        if self.options.distributed is None:
            with end_forked_children():
                return function(**arguments)
        with self._engine.gathered(self.here.rank, self.options.resources):
            with end_forked_children():
                result = function(**arguments)
            if self.here.rank.nodes > 1:
                self._ranks.done()
        if self.here.rank.number == 0 and not self._ranks.wait_for_others():
            raise BackendError("another rank failed after this one had done its part")
        return result

    def _failure(
        self, error: BaseException, *, message: str | None = None, retryable: bool = True
    ) -> Failure:
        secrets = list(self.here.secrets.values())
        text = message if message is not None else (_said(error) or type(error).__name__)
        if isinstance(error, MemoryError) and (most := self.options.resources.memory):
            text += f" (the step gets {most}: {MORE_MEMORY})"
        if self.here.rank.nodes > 1:
            text = f"{self.here.rank}: {text}"
        frames = user_traceback(error, str(self.session.code or ""))
        return Failure(
            type=type(error).__name__,
            message=redact(text, secrets)[:10_000],
            traceback=redact(frames, secrets)[:50_000],
            retryable=retryable,
        )


def _said(error: BaseException) -> str:
    """Return an exception's text, which is code of the user and may fail itself."""
    try:
        return str(error)
    except Exception as again:  # noqa: BLE001 - whatever it raises, the failure is recorded
        return f"(its text cannot be told: str() of it raised {type(again).__name__})"


_hints: dict[Callable[..., Any], dict[str, Any]] = {}


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    hints = _hints.get(function)
    if hints is None:
        import typing

        from fairlead.annotations import strip_annotated

        resolved = typing.get_type_hints(function, include_extras=True)
        hints = {name: strip_annotated(hint) for name, hint in resolved.items()}
        _hints[function] = hints
    return hints


def _split(definition: Any, result: Any, declared: Any) -> list[tuple[str, Any, Any]]:
    """Pair the declared outputs with what the function returned and its annotations."""
    from typing import get_args

    from fairlead.annotations import strip_annotated

    outputs = definition.outputs
    if not outputs:
        if result is not None:
            raise PipelineError(
                f"step {definition.name!r} returned {type(result).__name__}, but is annotated "
                "'-> None': annotate what it returns"
            )
        return []
    if not definition.packed:
        return [(outputs[0].name, result, declared)]
    if not isinstance(result, tuple) or len(result) != len(outputs):
        found = f"{len(result)} values" if isinstance(result, tuple) else type(result).__name__
        names = ", ".join(output.name for output in outputs)
        raise PipelineError(
            f"step {definition.name!r} returned {found}, but declares the outputs {names}: return "
            "a tuple of them in this order"
        )
    annotations = [strip_annotated(part) for part in get_args(declared)]
    return [
        (output.name, value, annotation)
        for output, value, annotation in zip(outputs, result, annotations, strict=True)
    ]


def _secret(session: Session, node: StepNode, name: str) -> str:
    store = session.stack.adapter("secret_store")
    if store is None:
        raise PipelineError(
            f"step {node.id!r} reads secret {name!r}, but stack {session.record.stack!r} has no "
            "secret_store: add one to its components"
        )
    try:
        value: str = store.get(name)
    except LookupError as error:
        raise PipelineError(f"step {node.id!r}: {error.args[0]}") from None
    return value


def user_traceback(error: BaseException, root: str) -> str:
    """Return a traceback that begins at the user's first frame, with paths below the project.

    Of an error of Fairlead's own it has the user's frames alone, and is empty where no code of the
    user led to it: an output that could not be written is no fault of the step.

    Args:
        error: What was raised.
        root: Where the code bundle is unpacked; cut from the paths. Empty if there is none.
    """
    ours = str(Path(__file__).parents[1])
    if isinstance(error, FairleadError):
        import sysconfig

        not_users = (ours, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if not frame.filename.startswith(not_users)
        ]
        if not frames:
            return ""
        listed = "".join(traceback.format_list(frames)).replace(f"{root}/", "")
        return f"Traceback (most recent call last):\n{listed}{type(error).__name__}: {error}\n"

    def cut(step: TracebackType | None) -> TracebackType | None:
        while step is not None and step.tb_frame.f_code.co_filename.startswith(ours):
            step = step.tb_next
        return step

    first = cut(error.__traceback__)
    chain = traceback.TracebackException(type(error), error, first)
    text = "".join(chain.format())
    return text.replace(f"{root}/", "") if root else text
