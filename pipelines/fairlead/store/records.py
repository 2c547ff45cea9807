"""The records below ``runs/`` and ``cache/``: the source of truth of what ran.

Each is written once, by ``put_new``, and never changed. ``token`` makes the bytes of a record
unique to its writer, so that after a time-out reading back one's own bytes means having won.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from fairlead.errors import IntegrityError
from fairlead.graph import Graph

SCHEMA = "1.0"


def now() -> datetime:
    """Return the time, in UTC, that records carry for people; no state depends on it."""
    return datetime.now(UTC)


class Record(BaseModel):
    """Be written once and read by every later version of the same major schema."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    schema_version: str = Field(default=SCHEMA, alias="schema")
    token: str = Field(default_factory=lambda: secrets.token_hex(8))

    def to_bytes(self) -> bytes:
        """Return the record as it is stored."""
        return self.model_dump_json(by_alias=True).encode()

    @classmethod
    def from_bytes(cls, content: bytes, path: str) -> Self:
        """Read a record.

        Args:
            content: What the store holds.
            path: Where, for the error.

        Raises:
            IntegrityError: It is not such a record, or one of a newer major schema.
        """
        try:
            record = cls.model_validate_json(content)
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in problem["loc"]) or "document"
            raise IntegrityError(
                f"{path}: not a readable {cls.__name__} ({place}: {problem['msg']}). It was "
                "damaged or written by something else; restore it from the store's versions."
            ) from None
        if record.schema_version.partition(".")[0] != SCHEMA.partition(".")[0]:
            raise IntegrityError(
                f"{path}: has schema {record.schema_version}, this Fairlead reads "
                f"{SCHEMA.partition('.')[0]}.x: upgrade with `pip install -U fairlead`."
            )
        return record


class ArtifactRecord(BaseModel):
    """Describe one stored output.

    Attributes:
        digest: ``sha256:…`` of the content; of the sorted manifest for a tree or a list.
        path: Where it lies, relative to the store's root.
        form: ``file`` is one object; ``tree`` and ``list`` are a manifest of further objects
            beside it.
        size: Bytes in all.
        materializer: What wrote it and can read it.
        materializer_version: Its version.
        type: The value's type, as text for people.
        metadata: What is known without loading: shape, schema, length, a preview.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    digest: str
    path: str
    form: Literal["file", "tree", "list"] = "file"
    size: int
    materializer: str
    materializer_version: int
    type: str
    metadata: dict[str, JsonValue] = {}

    @property
    def written_by(self) -> str:
        """Return the materializer and its version: equal bytes of two are not the same value."""
        return f"{self.materializer}/{self.materializer_version}"

    @property
    def identity(self) -> str:
        """Return what a cache key holds of an input."""
        return f"{self.digest} {self.written_by}"


class Provenance(BaseModel):
    """Say who started a run, where and from what code.

    Attributes:
        person: The user, as the operating system or CI names them.
        host: The machine's name.
        git_commit: The project's commit; None outside a repository.
        git_dirty: Whether tracked or unignored files differed from it.
        command: The command line, for people, without parameter values.
        fairlead: Version of Fairlead.
        python: ``major.minor`` that steps run with.
        lock: The lock file's path and digest; the digest counts towards every cache key.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    person: str
    host: str
    git_commit: str | None = None
    git_dirty: bool | None = None
    command: str = ""
    fairlead: str
    python: str
    lock_path: str | None = None
    lock_digest: str


class RunRecord(Record):
    """Hold everything that defines a run (``run.json``).

    Attributes:
        run: The run's id, a ULID.
        created: When it was submitted.
        stack: The stack's name.
        graph: What to run, with every parameter in its nodes.
        parameters: The pipeline's own parameters, encoded, for people and comparisons.
        manifest_digest: The stack manifest that it is bound to.
        bundle_digest: The code that it runs; None if it runs in the submitter's own process.
        python_path: Folders below the bundle's root that modules are imported from, in order.
        image: The digest-pinned image that steps run in; None on backends without images.
        use_cache: Whether outputs of earlier attempts may be used.
        tags: For filters.
        provenance: Who, where, from what.
    """

    run: str
    created: datetime = Field(default_factory=now)
    stack: str
    graph: Graph
    parameters: dict[str, JsonValue] = {}
    manifest_digest: str
    bundle_digest: str | None = None
    python_path: tuple[str, ...] = ()
    image: str | None = None
    use_cache: bool = True
    tags: dict[str, str] = {}
    provenance: Provenance


class Lease(Record):
    """Say who walks the run in one epoch."""

    epoch: int
    host: str
    pid: int
    created: datetime = Field(default_factory=now)


class AttemptReference(BaseModel):
    """Name an attempt of a step, of this run or another."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    run: str
    step: str
    attempt: int


class Decision(Record):
    """Say why a step is not run.

    Attributes:
        outcome: ``cached`` or ``skipped``.
        reason: In words, for a skipped step.
        cached_from: The attempt whose outputs it takes over.
        key: The cache key that matched.
        outputs: Those outputs.
    """

    outcome: Literal["cached", "skipped"]
    reason: str = ""
    cached_from: AttemptReference | None = None
    key: str | None = None
    outputs: dict[str, ArtifactRecord] = {}


class Claim(Record):
    """Say which process runs an attempt, before it runs user code."""

    host: str
    pid: int
    started: datetime = Field(default_factory=now)


class RankDone(Record):
    """Say that one rank of a distributed attempt has done its part, after all it wrote."""

    rank: int
    host: str
    ended: datetime = Field(default_factory=now)


class Checkpoint(Record):
    """Hold one version of what a rank keeps for the attempt that follows.

    Attributes:
        rank: Whose it is; 0 where there is only one.
        artifact: The folder's content, as an artifact of the step.
        created: When.
    """

    rank: int
    artifact: ArtifactRecord
    created: datetime = Field(default_factory=now)


class Outcome(StrEnum):
    """Say how an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    CANCELLED = "cancelled"


def _encodable(text: str) -> str:
    """Write what UTF-8 cannot hold as escapes: file names bring such characters into errors."""
    return text.encode(errors="backslashreplace").decode()


_Text = Annotated[str, AfterValidator(_encodable)]


class Failure(BaseModel):
    """Say why an attempt failed, without any secret's value.

    Attributes:
        type: The exception's type, or what the backend calls it.
        message: One paragraph.
        traceback: The user's frames only.
        log_tail: The last lines that it printed.
        retryable: Whether a further attempt makes sense.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    message: _Text
    traceback: _Text = ""
    log_tail: _Text = ""
    retryable: bool = True


class Metric(BaseModel):
    """Hold one logged number; ``at`` is the iteration it belongs to."""

    model_config = ConfigDict(extra="ignore", frozen=True, ser_json_inf_nan="strings")

    name: str
    value: float
    at: int | None = None


class AttemptEnd(Record):
    """Say how an attempt ended and what it produced.

    Attributes:
        outcome: How it ended.
        outputs: Artifact by output name, where it succeeded.
        inputs: Digest of what it read, by the reference ``<run>/<step>/<output>``.
        cache_key: Under which its outputs are found again; None if it is not cached.
        failure: Why it failed.
        metrics: What it logged.
        figures: Artifact by figure name.
        models: Registered model versions as ``name`` → version.
        started: When user code began; None if it never did.
        ended: When it ended.
        cpu_seconds: Processor time of the attempt.
        peak_memory: Bytes, the process's largest resident set so far.
        host: Where it ran.
        observer: Who wrote this, if not the step itself.
    """

    outcome: Outcome
    outputs: dict[str, ArtifactRecord] = {}
    inputs: dict[str, str] = {}
    cache_key: str | None = None
    failure: Failure | None = None
    metrics: tuple[Metric, ...] = ()
    figures: dict[str, ArtifactRecord] = {}
    models: dict[str, str] = {}
    started: datetime | None = None
    ended: datetime = Field(default_factory=now)
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    host: str = ""
    observer: str | None = None


class CacheRecord(Record):
    """Say which attempt's outputs a cache key stands for."""

    key: str
    made_by: AttemptReference
    outputs: dict[str, ArtifactRecord]


class Cancel(Record):
    """Ask a run to stop."""

    person: str
    reason: str = ""
    created: datetime = Field(default_factory=now)


class StepSummary(BaseModel):
    """Repeat how a step ended, so that an index is rebuilt with two reads a run."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: str
    attempts: int = 0
    started: datetime | None = None
    ended: datetime | None = None


class RunEnd(Record):
    """Say how a run ended.

    Attributes:
        state: ``succeeded``, ``failed`` or ``cancelled``.
        steps: How each step ended.
        ended: When.
    """

    state: Literal["succeeded", "failed", "cancelled"]
    steps: dict[str, StepSummary]
    ended: datetime = Field(default_factory=now)


def as_json(model: BaseModel) -> dict[str, Any]:
    """Return a model as JSON data with the keys that are stored."""
    return model.model_dump(mode="json", by_alias=True)
