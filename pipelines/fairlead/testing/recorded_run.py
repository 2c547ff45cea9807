"""Record a run without running it: for tests of whatever reads runs back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ulid import ULID

from fairlead.errors import FairleadError
from fairlead.graph import (
    Graph,
    Input,
    NodeInput,
    Output,
    Source,
    StepDefinition,
    StepNode,
    ValueInput,
)
from fairlead.store.layout import RunLayout
from fairlead.store.records import (
    ArtifactRecord,
    AttemptEnd,
    AttemptReference,
    Claim,
    Decision,
    Failure,
    Lease,
    Metric,
    Outcome,
    Provenance,
    RunEnd,
    RunRecord,
    StepSummary,
)

if TYPE_CHECKING:
    from fairlead.store.artifacts import Artifacts

_DIGEST = "sha256:" + "0" * 64


class RecordedRun:
    """Build the records of one run, step by step, then write them all.

    Args:
        artifacts: The store's artifacts.
        pipeline: The pipeline's name.
        stack: The stack's name.
        at: When it was submitted; its id follows from it.
        parameters: The pipeline's parameters, encoded.
        tags: Its tags.
        provenance: Who, where, from what.

    Example:
        >>> import tempfile
        >>> from fairlead.store.artifacts import Artifacts
        >>> from fairlead.store.objects import open_objects
        >>> store = Artifacts(open_objects("file://" + tempfile.mkdtemp()), allow_pickle=True)
        >>> run = RecordedRun(store)
        >>> run.step("load", outputs={"output": [1, 2]})
        >>> run.step("train", inputs={"rows": "load.output"}, metrics={"accuracy": 0.9})
        >>> len(run.write())
        26
    """

    def __init__(
        self,
        artifacts: Artifacts,
        *,
        pipeline: str = "training",
        stack: str = "local",
        at: datetime | None = None,
        parameters: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        provenance: Provenance | None = None,
    ) -> None:
        self.artifacts = artifacts
        self.pipeline = pipeline
        self.stack = stack
        self.at = at or datetime.now(UTC)
        self.run = str(ULID.from_datetime(self.at))
        self.layout = RunLayout(self.run)
        self.parameters = dict(parameters or {})
        self.tags = dict(tags or {})
        self.provenance = provenance or Provenance(
            person="ada", host="laptop", fairlead="0.1.0", python="3.11", lock_digest=_DIGEST,
            git_commit="0123456789abcdef", git_dirty=False,
        )  # fmt: skip
        self._clock = self.at
        self._nodes: list[StepNode] = []
        self._definitions: dict[str, StepDefinition] = {}
        self._objects: dict[str, bytes] = {}
        self._summaries: dict[str, StepSummary] = {}
        self._outputs: dict[str, dict[str, ArtifactRecord]] = {}

    def step(
        self,
        name: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        after: Sequence[str] = (),
        state: str = "succeeded",
        log: str = "",
        metrics: Mapping[str, float] | None = None,
        figures: Mapping[str, bytes] | None = None,
        seconds: float = 1.0,
        cached_from: AttemptReference | None = None,
        source: Mapping[str, str] | None = None,
    ) -> None:
        """Add a step.

        Args:
            name: Its id.
            inputs: By argument: ``"step.output"`` of an earlier step, a graph input, or a value.
            outputs: Values by name; stored unless the step has no result.
            after: Steps that come before it.
            state: succeeded, failed, cached, skipped, running or pending.
            log: What it printed.
            metrics: What it logged.
            figures: PNG or SVG pictures by name.
            seconds: How long it took.
            cached_from: The attempt whose outputs it has, if it was cached.
            source: Digest by definition.
        """
        given = {key: self._input(value) for key, value in (inputs or {}).items()}
        self._nodes.append(StepNode(id=name, definition=name, inputs=given, after=tuple(after)))
        self._definitions[name] = StepDefinition(
            name=name.rpartition("/")[2], file="train.py", module="train", qualname=name,
            outputs=tuple(Output(name=key, type=type(value).__name__)
                          for key, value in (outputs or {}).items()),
            options={},
            source=Source(
                digest=_DIGEST, definitions=dict(source or {f"train.py:{name}": _DIGEST})
            ),
        )  # fmt: skip
        started = self._clock
        if state in {"succeeded", "cached"}:
            self._outputs[name] = {
                key: self.artifacts.save(value, pipeline=self.pipeline, step=name, output=key)
                for key, value in (outputs or {}).items()
            }
        if state in {"cached", "skipped"}:
            self._decide(name, state, cached_from)
        elif state != "pending":
            self._attempt(name, given, state, log, metrics or {}, figures or {}, seconds)
        self._summaries[name] = StepSummary(
            state=state, attempts=int(state in {"succeeded", "failed"}), started=started,
            ended=self._clock,
        )  # fmt: skip

    def write(self, state: str | None = "succeeded") -> str:
        """Write every record; return the run's id.

        Args:
            state: How it ended; None leaves it going on.
        """
        record = RunRecord(
            run=self.run, created=self.at, stack=self.stack, manifest_digest=_DIGEST,
            graph=Graph(
                pipeline=self.pipeline, definitions=self._definitions, nodes=tuple(self._nodes)
            ),
            parameters=self.parameters, tags=self.tags, provenance=self.provenance,
        )  # fmt: skip
        self._put(self.layout.record, record.to_bytes())
        if self._objects or state:
            self._put(self.layout.lease(1), Lease(epoch=1, host="laptop", pid=1).to_bytes())
        for path, content in self._objects.items():
            self._put(path, content)
        if state is not None:
            end = RunEnd(state=state, steps=self._summaries, ended=self._clock)
            self._put(self.layout.end, end.to_bytes())
        return self.run

    def _put(self, path: str, content: bytes) -> None:
        if not self.artifacts.objects.put_new(path, content):
            raise FairleadError(f"{path} exists already: a run is recorded once")

    def _input(self, value: Any) -> Input:
        if isinstance(value, str) and value.partition(".")[0] in {n.id for n in self._nodes}:
            node, _, output = value.partition(".")
            return NodeInput(node=node, output=output)
        if isinstance(value, (*(str, int, float, bool, list, dict), type(None))):
            return ValueInput(value=value)
        return value  # type: ignore[no-any-return]

    def _decide(self, name: str, state: str, cached_from: AttemptReference | None) -> None:
        decision = Decision(
            outcome=state,
            reason="an upstream step failed" if state == "skipped" else "",
            cached_from=cached_from,
            key=_DIGEST if cached_from else None,
            outputs=self._outputs.get(name, {}),
        )
        self._objects[self.layout.decision(name)] = decision.to_bytes()

    def _attempt(  # noqa: PLR0917 - what `step` was given
        self,
        name: str,
        given: Mapping[str, Input],
        state: str,
        log: str,
        metrics: Mapping[str, float],
        figures: Mapping[str, bytes],
        seconds: float,
    ) -> None:
        started = self._clock
        claim = Claim(host="laptop", pid=1, started=started)
        self._objects[self.layout.claim(name, 1)] = claim.to_bytes()
        if log:
            self._objects[self.layout.log(name, 1, 1)] = log.encode()
        if state == "running":
            return
        self._clock += timedelta(seconds=seconds)
        failure = Failure(
            type="ValueError", message="depth must be positive", log_tail=log,
            traceback='Traceback (most recent call last):\n  File "train.py", line 7, in train\n',
        )  # fmt: skip
        end = AttemptEnd(
            outcome=Outcome(state),
            outputs=self._outputs.get(name, {}),
            inputs={
                f"{self.run}/{ref.node}/{ref.output}": self._outputs[ref.node][ref.output].digest
                for ref in given.values()
                if isinstance(ref, NodeInput)
            },
            failure=failure if state == "failed" else None,
            metrics=tuple(Metric(name=key, value=value) for key, value in metrics.items()),
            figures={key: self._figure(name, key, value) for key, value in figures.items()},
            started=started,
            ended=self._clock,
            cpu_seconds=seconds / 2,
            peak_memory=100 << 20,
            host="laptop",
        )
        self._objects[self.layout.attempt_end(name, 1)] = end.to_bytes()

    def _figure(self, step: str, name: str, content: bytes) -> ArtifactRecord:
        record = self.artifacts.save(content, pipeline=self.pipeline, step=step, output="figures")
        media = "image/png" if content.startswith(b"\x89PNG") else "image/svg+xml"
        return record.model_copy(
            update={"type": media, "metadata": {"media_type": media, "name": name}}
        )
