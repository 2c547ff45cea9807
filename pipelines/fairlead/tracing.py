"""Trace a pipeline: call it once with references in place of values, and check every edge."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.annotations import fits, member_type, type_text
from fairlead.dsl import Artifact, OutputReference, Pipeline, StepCall, StepFunction
from fairlead.errors import EdgeTypeError, FairleadError, ParameterError, PipelineError
from fairlead.graph import (
    ArtifactInput,
    DictInput,
    Graph,
    Input,
    ListInput,
    NodeInput,
    Output,
    Source,
    StepDefinition,
    StepNode,
    ValueInput,
)
from fairlead.parameters import convert, validate_parameters
from fairlead.spelling import did_you_mean

#: Turns a reference to another run's artifact into a pinned version; needs a bound store.
Resolver = Callable[[Artifact], ArtifactInput]

_current: ContextVar[Trace | None] = ContextVar("fairlead_trace", default=None)


def current_trace() -> Trace | None:
    """Return the trace that is going on, if there is one."""
    return _current.get()


@dataclass(frozen=True, slots=True)
class Traced:
    """Hold what tracing yields.

    Attributes:
        graph: The graph.
        functions: The function of each definition, by its key in the graph.
        parameters: The pipeline's parameters after validation.
    """

    graph: Graph
    functions: dict[str, Callable[..., Any]]
    parameters: dict[str, Any]


@dataclass(slots=True)
class Trace:
    """Collect the nodes of one pipeline while its function runs.

    Attributes:
        root: The project's root, below which code counts towards cache keys.
        resolve: Pins artifacts of other runs; None where no store is bound.
    """

    root: Path
    resolve: Resolver | None = None
    prefix: str = ""
    nodes: list[StepNode] = field(default_factory=list)
    definitions: dict[str, StepDefinition] = field(default_factory=dict)
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)
    _keys: dict[int, str] = field(default_factory=dict)
    _kept: list[StepFunction[..., Any]] = field(default_factory=list)

    @contextmanager
    def nested(self, name: str) -> Iterator[None]:
        """Put the nodes that are added meanwhile below ``name/``."""
        before = self.prefix
        self.prefix = f"{self._unique(before + name)}/"
        try:
            yield
        finally:
            self.prefix = before

    def _unique(self, name: str) -> str:
        count = self._ids.get(name, 0) + 1
        self._ids[name] = count
        if count == 1:
            return name
        numbered = f"{name}_{count}"
        if numbered in self._ids:
            return self._unique(name)
        self._ids[numbered] = 1
        return numbered

    def call(
        self, called: StepFunction[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> OutputReference | StepCall:
        """Add a node for a call of a step and return references to its outputs."""
        signature = called.signature
        after = _after(kwargs.pop("after", ()), called)
        bound = _bind(called, args, kwargs)
        node = self._unique(self.prefix + called.name)
        inputs = {
            name: self._input(value, signature.inputs[name], f"step {node!r}, input {name!r}")
            for name, value in bound.items()
        }
        key = self._define(called)
        definition = self.definitions[key]
        options = None if called.options == definition.options else called.options
        self.nodes.append(
            StepNode(id=node, definition=key, inputs=inputs, after=after, options=options)
        )
        references = {
            name: OutputReference(node, name, annotation)
            for name, annotation in signature.outputs.items()
        }
        if len(references) == 1 and not signature.packed:
            return next(iter(references.values()))
        return StepCall(node, references)

    def _define(self, called: StepFunction[..., Any]) -> str:
        known = self._keys.get(id(called))
        if known is not None:
            return known
        from fairlead.source.fingerprint import fingerprint
        from fairlead.store.artifacts import materializer_for

        function = called.function
        file = _source_file(function, self.root)
        key = f"{file or function.__module__}:{function.__qualname__}"
        self._keys[id(called)] = key
        self._kept.append(called)  # so that no other object gets its id
        if key in self.definitions and self.functions[key] is function:
            return key
        if key in self.definitions:  # two functions of one name: cells run twice, closures
            key = f"{key}#{len(self.definitions)}"
            self._keys[id(called)] = key
        outputs = []
        for name, annotation in called.signature.outputs.items():
            chosen = materializer_for(annotation)
            materializer, version = chosen if chosen is not None else (None, 0)
            outputs.append(
                Output(
                    name=name,
                    type=type_text(annotation),
                    materializer=materializer,
                    materializer_version=version,
                )
            )
        source: Source = fingerprint(function, self.root, called.files)
        self.functions[key] = function
        self.definitions[key] = StepDefinition(
            name=function.__name__,
            file=file,
            module=function.__module__,
            qualname=function.__qualname__,
            outputs=tuple(outputs),
            packed=called.signature.packed,
            options=called.options,
            source=source,
            doc=(inspect.getdoc(function) or "").partition("\n")[0],
        )
        return key

    def _input(self, value: Any, annotation: Any, where: str) -> Input:
        if isinstance(value, OutputReference):
            if not fits(value.annotation, annotation):
                raise EdgeTypeError(
                    f"{where} takes {type_text(annotation)}, but output {value.output!r} of step "
                    f"{value.node!r} is {type_text(value.annotation)}. Change one of the two "
                    "annotations, or put a step between them that converts."
                )
            return NodeInput(node=value.node, output=value.output)
        if isinstance(value, StepCall):
            names = ", ".join(repr(name) for name in value.outputs) or "none"
            raise PipelineError(
                f"{where} got the call of step {value.node!r}, which has these outputs: {names}. "
                "Pass one of them; to order steps without passing a value use after=."
            )
        if isinstance(value, Artifact):
            if self.resolve is None:
                raise PipelineError(
                    f"{where} takes artifact {value.name!r} of another run: tracing needs a bound "
                    "stack to find it; use run()"
                )
            return self.resolve(value)
        if isinstance(value, list | tuple | dict) and _refers(value):
            return self._container(value, annotation, where)
        return ValueInput(value=_encode(value, annotation, where))

    def _container(
        self, value: list[Any] | tuple[Any, ...] | dict[Any, Any], annotation: Any, where: str
    ) -> Input:
        try:
            inner = member_type(type(value), annotation)
        except TypeError:
            raise EdgeTypeError(
                f"{where} takes {type_text(annotation)}, but gets a {type(value).__name__} of "
                "outputs. Change the annotation, or pass one output."
            ) from None
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                raise PipelineError(f"{where}: keys of a dictionary of outputs must be text")
            return DictInput(
                items={k: self._input(v, inner, f"{where}[{k!r}]") for k, v in value.items()}
            )
        items = tuple(
            self._input(item, inner, f"{where}[{index}]") for index, item in enumerate(value)
        )
        return ListInput(items=items, tuple_=isinstance(value, tuple))


def _refers(value: Any) -> bool:
    if isinstance(value, OutputReference | StepCall | Artifact):
        return True
    if isinstance(value, list | tuple):
        return any(map(_refers, value))
    return isinstance(value, dict) and any(map(_refers, value.values()))


def _after(value: Any, called: StepFunction[..., Any]) -> tuple[str, ...]:
    if isinstance(value, OutputReference | StepCall):
        value = (value,)
    nodes = []
    for item in value:
        if not isinstance(item, OutputReference | StepCall):
            raise PipelineError(
                f"step {called.name!r}: after= takes what calls of steps return, not {item!r}"
            )
        nodes.append(item.node)
    return tuple(dict.fromkeys(nodes))


def _encode(value: Any, annotation: Any, where: str) -> Any:
    from fairlead.values import encode

    converted = convert(value, annotation, where)
    try:
        return encode(converted)
    except ParameterError as error:
        raise ParameterError(f"{where}: {error}") from None


def _bind(
    called: StepFunction[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    try:
        bound = inspect.signature(called.function).bind(*args, **kwargs)
    except TypeError as error:
        takes = ", ".join(called.signature.parameters) or "nothing"
        known = called.signature.parameters
        hints = "".join(did_you_mean(name, known) for name in kwargs if name not in known)
        raise ParameterError(
            f"step {called.name!r}: {error}{hints or '.'} It takes: {takes}."
        ) from None
    bound.apply_defaults()
    return bound.arguments


def _source_file(function: Callable[..., Any], root: Path) -> str | None:
    """Return the file that defines a function, relative to the root; None for notebook cells."""
    file = inspect.unwrap(function).__code__.co_filename
    path = Path(file)
    if not path.is_file():
        return None
    try:
        return path.resolve().relative_to(root).as_posix()
    except ValueError:
        return None


def trace_pipeline(
    pipeline: Pipeline[..., Any],
    parameters: Mapping[str, Any],
    *,
    root: Path | None = None,
    resolve: Resolver | None = None,
) -> Traced:
    """Trace a pipeline with given parameters.

    Args:
        pipeline: The pipeline.
        parameters: Its parameters by name.
        root: The project's root; that of the file which defines the pipeline if not given.
        resolve: Pins artifacts of other runs.

    Raises:
        FairleadError: A parameter, the pipeline's shape or an edge is wrong.
    """
    values = validate_parameters(pipeline, parameters)
    if root is None:
        from fairlead.project import find_project

        root = find_project(Path(pipeline.function.__code__.co_filename)).root
    trace = Trace(root=root, resolve=resolve)
    token = _current.set(trace)
    try:
        pipeline.function(**values)
    except FairleadError:
        raise
    except RecursionError:
        raise PipelineError(
            f"pipeline {pipeline.name!r} calls itself without end, perhaps by way of another "
            "pipeline: a circle has no order to run in"
        ) from None
    except Exception as error:
        line = _line_in(error, pipeline.function)
        raise PipelineError(
            f"pipeline {pipeline.name!r}{line}: {type(error).__name__}: {error}. A pipeline's "
            "function only wires steps together; do in a step what needs values."
        ) from error
    finally:
        _current.reset(token)
    if not trace.nodes:
        raise PipelineError(
            f"pipeline {pipeline.name!r} calls no step: call functions that are decorated with "
            "@step in it"
        )
    graph = Graph(
        pipeline=pipeline.name,
        definitions=trace.definitions,
        nodes=tuple(trace.nodes),
        doc=(inspect.getdoc(pipeline.function) or "").partition("\n")[0],
    )
    return Traced(graph, trace.functions, values)


def _line_in(error: BaseException, function: Callable[..., Any]) -> str:
    step = error.__traceback__
    line = None
    while step is not None:
        if step.tb_frame.f_code is function.__code__:
            line = step.tb_lineno
        step = step.tb_next
    return f", line {line}" if line else ""
