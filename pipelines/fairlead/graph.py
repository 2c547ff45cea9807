"""The graph: the immutable, serialisable DAG that tracing a pipeline yields.

Definitions are held once, nodes refer to them, so that ten thousand calls of one step stay small.
A node names only what it reads; whoever runs it needs its own node and the records of the nodes
that it names, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

#: One segment of a node's id, and an id: ``train_2``, ``eval/score``, ``train[0]``.
NAME = re.compile(r"[a-z][a-z0-9_]*")
NODE_ID = re.compile(r"[a-z][a-z0-9_]*(\[[0-9]+\])*(/[a-z][a-z0-9_]*(\[[0-9]+\])*)*")

#: Output name of a step whose return annotation names none.
DEFAULT_OUTPUT = "output"


class Frozen(BaseModel):
    """Refuse unknown keys and changes: what is recorded is recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Resources(Frozen):
    """Ask for compute in portable units; an adapter honours them or refuses at compile time.

    Attributes:
        cpu: Cores, fractions allowed.
        memory: Bytes as ``"512Mi"``, ``"8Gi"``, ``"2G"``; None leaves it to the backend.
        gpu: Whole accelerators.
        gpu_type: The accelerator's model, such as ``"a100"``; None takes any.
        disk: Scratch space, in the units of ``memory``.

    Example:
        >>> Resources(cpu=2, memory="8Gi").memory_bytes
        8589934592
    """

    cpu: float | None = Field(default=None, gt=0)
    memory: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$")
    gpu: int = Field(default=0, ge=0)
    gpu_type: str | None = None
    disk: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$")

    @property
    def memory_bytes(self) -> int | None:
        """Return the memory asked for in bytes."""
        return None if self.memory is None else quantity(self.memory)


#: What to do about a step that runs out of memory, wherever that is noticed.
MORE_MEMORY = "ask for more with @step(resources=Resources(memory=…))"

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15} | {
    f"{prefix}i": 1024**power for power, prefix in enumerate("KMGTP", start=1)
}


def quantity(text: str) -> int:
    """Return the bytes that a quantity in Kubernetes' notation means.

    Example:
        >>> quantity("1.5Ki"), quantity("2G")
        (1536, 2000000000)

    Source:
        https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", text)
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{text!r} is not a quantity: write for example '512Mi' or '8Gi'")
    return int(float(match[1]) * _UNITS[match[2]])


class Retries(Frozen):
    """Say how often and when a failed attempt is tried again.

    Attributes:
        count: Further attempts after the first.
        delay: Seconds before the second attempt.
        backoff: Factor by which each further delay grows.
        max_delay: Seconds that no delay exceeds.

    Example:
        >>> [Retries(count=3, delay=2, backoff=3).wait(attempt) for attempt in (1, 2, 3)]
        [2.0, 6.0, 18.0]
    """

    count: int = Field(default=0, ge=0)
    delay: float = Field(default=0.0, ge=0)
    backoff: float = Field(default=1.0, ge=1)
    max_delay: float = Field(default=3600.0, ge=0)

    def wait(self, attempt: int) -> float:
        """Return the seconds to wait after the given failed attempt (from 1)."""
        return float(min(self.delay * self.backoff ** (attempt - 1), self.max_delay))


class Distributed(Frozen):
    """Run a step on several nodes at once, on an engine that its code uses.

    Attributes:
        nodes: Processes: pods on a cluster, each with the step's ``Resources`` to itself.
        kind: The engine. ``torchrun`` calls the step's function on every node, with the
            environment that PyTorch's own launcher sets; ``dask`` and ``ray`` call it on the first
            node, with a cluster of all nodes to connect to.

    Example:
        >>> Distributed(nodes=3, kind="dask")
        Distributed(nodes=3, kind='dask')
    """

    nodes: int = Field(ge=1)
    kind: Literal["torchrun", "dask", "ray"]


class StepOptions(Frozen):
    """Hold what a step asks of wherever it runs; none of it changes what it computes.

    Attributes:
        resources: Compute.
        operator: Name of one of the stack's step operators; None is the orchestrator's own.
        retries: When to try again.
        timeout: Seconds after which an attempt is stopped; None is no limit.
        cache: Whether an earlier attempt's outputs may be used.
        secrets: Names of secrets that the step may read.
        environment: Environment variables (these count towards the cache key).
        image: A digest-pinned image of the step's own (counts towards the cache key).
        settings: Typed settings by backend, such as ``{"kubernetes": {…}}``.
        distributed: On how many nodes it runs, and by which engine; None is one process.
    """

    resources: Resources = Resources()
    operator: str | None = None
    retries: Retries = Retries()
    timeout: float | None = Field(default=None, gt=0)
    cache: bool = True
    secrets: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    image: str | None = None
    settings: dict[str, dict[str, JsonValue]] = {}
    distributed: Distributed | None = None

    @property
    def nodes(self) -> int:
        """Return how many processes run an attempt, each with the resources asked for."""
        return 1 if self.distributed is None else self.distributed.nodes

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what older readers do not know, unless a step asks for it."""
        written: dict[str, Any] = write(self)
        if written.get("distributed", self) is None:
            del written["distributed"]
        return written


class Output(Frozen):
    """Declare one output of a step.

    Attributes:
        name: Unique within the step.
        type: The annotation, as text for people.
        materializer: Name of the materializer that the annotation selects; None where only the
            value will tell.
        materializer_version: Its version; 0 where there is no materializer yet.
    """

    name: str
    type: str
    materializer: str | None = None
    materializer_version: int = 0


class Source(Frozen):
    """Fingerprint a step's code: its own and all that it reaches in the project.

    Attributes:
        digest: ``sha256:…`` over all definitions and files.
        definitions: ``file.py:qualname`` (or a whole file or data file) to its own digest.
    """

    digest: str
    definitions: dict[str, str]


class StepDefinition(Frozen):
    """Describe a step function once, however often the pipeline calls it.

    Attributes:
        name: The function's name; calls may be named otherwise.
        file: The file below the bundle's root that defines it; None if it was defined in a
            notebook cell and travels pickled in the bundle.
        module: The module's dotted name as it is imported.
        qualname: The function's qualified name in it.
        outputs: Declared outputs, in order; one named ``output`` where the step returns one value,
            none where it is annotated ``-> None``.
        packed: Whether the function returns a tuple of its outputs.
        options: What it asks of wherever it runs.
        source: The fingerprint that its cache key holds.
        doc: First line of its docstring.
    """

    name: str
    file: str | None
    module: str
    qualname: str
    outputs: tuple[Output, ...]
    packed: bool = False
    options: StepOptions
    source: Source
    doc: str = ""


class ValueInput(Frozen):
    """Give an input a value: a parameter, encoded by ``fairlead.values``."""

    type: Literal["value"] = "value"
    value: JsonValue


class NodeInput(Frozen):
    """Take an input from an output of another node of the graph."""

    type: Literal["node"] = "node"
    node: str
    output: str


class ArtifactInput(Frozen):
    """Take an input from another run: an artifact version, pinned by digest when it was bound.

    Attributes:
        version: ``<run>/<step>/<output>``.
        digest: Its content, as recorded there.
        materializer: What it was written by, ``<name>/<version>``: equal bytes of two materializers
            are not the same value.
    """

    type: Literal["artifact"] = "artifact"
    version: str
    digest: str
    materializer: str


class ListInput(Frozen):
    """Gather several inputs into a list (or tuple)."""

    type: Literal["list"] = "list"
    items: tuple[Input, ...]
    tuple_: bool = Field(default=False, alias="tuple")
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DictInput(Frozen):
    """Gather several inputs into a dictionary with text keys."""

    type: Literal["dict"] = "dict"
    items: dict[str, Input]


Input = Annotated[
    ValueInput | NodeInput | ArtifactInput | ListInput | DictInput, Field(discriminator="type")
]


class StepNode(Frozen):
    """Call a step once.

    Attributes:
        id: Unique within the graph.
        definition: Key of its definition in the graph.
        inputs: Input by argument name.
        after: Nodes that must have succeeded first, though nothing of theirs is read.
        options: What this call asks instead of its definition, if it asks something else.
    """

    type: Literal["step"] = "step"
    id: str
    definition: str
    inputs: dict[str, Input] = {}
    after: tuple[str, ...] = ()
    options: StepOptions | None = None

    def references(self) -> Iterator[NodeInput | ArtifactInput]:
        """Yield everything that its inputs refer to, in order."""
        for item in self.inputs.values():
            yield from _references(item)

    def upstream(self) -> tuple[str, ...]:
        """Return the ids of the nodes that must have succeeded first, each once."""
        reads = [ref.node for ref in self.references() if isinstance(ref, NodeInput)]
        return tuple(dict.fromkeys([*reads, *self.after]))


def _references(item: Any) -> Iterator[NodeInput | ArtifactInput]:
    if isinstance(item, NodeInput | ArtifactInput):
        yield item
    elif isinstance(item, ListInput):
        for child in item.items:
            yield from _references(child)
    elif isinstance(item, DictInput):
        for child in item.items.values():
            yield from _references(child)


class Graph(Frozen):
    """Hold a pipeline's nodes, in an order in which each comes after what it needs.

    Attributes:
        pipeline: The pipeline's name.
        definitions: Step definitions by key.
        nodes: Every node; templates (map, when, loop, call) will be further ``type``s here.
        doc: First line of the pipeline's docstring.
    """

    pipeline: str
    definitions: dict[str, StepDefinition]
    nodes: tuple[StepNode, ...]
    doc: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        seen: set[str] = set()
        for node in self.nodes:
            if not NODE_ID.fullmatch(node.id):
                raise ValueError(f"node id {node.id!r} does not match {NODE_ID.pattern}")
            if node.id in seen:
                raise ValueError(f"two nodes have the id {node.id!r}")
            if node.definition not in self.definitions:
                raise ValueError(f"node {node.id!r} has no definition {node.definition!r}")
            if missing := [up for up in node.upstream() if up not in seen]:
                raise ValueError(
                    f"node {node.id!r} needs {', '.join(missing)}, which do not come before it: "
                    "the graph has a cycle or names a node that does not exist"
                )
            seen.add(node.id)
        return self

    def definition(self, node: StepNode) -> StepDefinition:
        """Return what a node calls."""
        return self.definitions[node.definition]

    def options(self, node: StepNode) -> StepOptions:
        """Return what a node asks of wherever it runs."""
        return node.options or self.definitions[node.definition].options
