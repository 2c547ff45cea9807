"""What users write: ``@step``, ``@pipeline`` and ``Artifact``.

Outside a pipeline a step is the function it decorates. Inside one, while it is traced, calling a
step adds a node and returns references to its outputs; the types of every edge are checked there.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, TypeVar, overload

from fairlead.errors import PipelineError
from fairlead.graph import NAME, Distributed, Graph, Resources, Retries, StepOptions

if TYPE_CHECKING:
    from fairlead.annotations import StepSignature
    from fairlead.contracts.manifest import StackManifest
    from fairlead.readback.runs import Run
    from fairlead.runner.events import Observer

P = ParamSpec("P")
R = TypeVar("R")

#: Names that ``pipeline.run`` takes for itself.
RESERVED = frozenset(
    {"stack", "config", "manifest", "wait", "in_process", "tags", "refresh", "cache", "observer"}
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """Take a version of an artifact that another run made as an input of a step.

    Attributes:
        name: ``<pipeline>/<step>/<output>``, a name given by ``fairlead artifacts put``, or a full
            version ``<run>/<step>/<output>``.
        version: The run that made it; None takes the newest run in which the step succeeded.

    Example:
        >>> Artifact("training/train/model", version="01KAEW8J00ABCDEFGHJKMNPQRS").name
        'training/train/model'
    """

    name: str
    version: str | None = None


class OutputReference:
    """Stand for an output of a step while a pipeline is traced; it has no value yet."""

    __slots__ = ("annotation", "node", "output")

    def __init__(self, node: str, output: str, annotation: Any) -> None:
        self.node = node
        self.output = output
        self.annotation = annotation

    def __repr__(self) -> str:
        return f"<output {self.output!r} of step {self.node!r}>"

    def _no_value(self, *_: object, **__: object) -> NoReturn:
        raise PipelineError(
            f"output {self.output!r} of step {self.node!r} has no value while the pipeline is "
            "traced: pass it to a step, and do there what needs the value"
        )

    __bool__ = __iter__ = __len__ = __getitem__ = __call__ = _no_value
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __sub__ = __mul__ = __truediv__ = _no_value

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._no_value()


class StepCall:
    """Stand for a call of a step with no output or several named ones.

    Unpack it (``train, test = split(rows)``), take one by name (``call["train"]``), or pass it to
    ``after=``.
    """

    __slots__ = ("node", "outputs")

    def __init__(self, node: str, outputs: dict[str, OutputReference]) -> None:
        self.node = node
        self.outputs = outputs

    def __iter__(self) -> Iterator[OutputReference]:
        return iter(self.outputs.values())

    def __getitem__(self, key: str | int) -> OutputReference:
        if isinstance(key, int):
            return list(self.outputs.values())[key]
        try:
            return self.outputs[key]
        except KeyError:
            names = ", ".join(self.outputs) or "none"
            raise PipelineError(
                f"step {self.node!r} has no output {key!r}; its outputs: {names}"
            ) from None


class StepFunction(Generic[P, R]):
    """A function under ``@step``: calls it outside a pipeline, adds a node inside one.

    Attributes:
        function: The function itself.
        name: What its first call in a pipeline is called.
        options: What it asks of wherever it runs.
        files: Data files below the project's root that count towards its cache key.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str | None = None,
        options: StepOptions | None = None,
        files: Iterable[str] = (),
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name or function.__name__
        self.options = options or StepOptions()
        self.files = tuple(files)
        if not NAME.fullmatch(self.name):
            raise PipelineError(
                f"step name {self.name!r} does not match {NAME.pattern}: rename the function, or "
                'write @step(name="…")'
            )

    @functools.cached_property
    def signature(self) -> StepSignature:
        """Return what the annotations say, read when the step is first traced."""
        from fairlead.annotations import step_signature

        return step_signature(self.function)

    def named(self, name: str) -> StepFunction[P, R]:
        """Return the same step under another name, for one of several calls.

        Args:
            name: The node's id in the graph: lower-case letters, digits and underscores.

        Example:
            >>> @step
            ... def train(depth: int) -> int: return depth
            >>> train.named("forest").name
            'forest'
        """
        return StepFunction(self.function, name=name, options=self.options, files=self.files)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function outside a pipeline; add a node to the pipeline that is traced."""
        from fairlead.tracing import current_trace

        trace = current_trace()
        if trace is None:
            kwargs.pop("after", None)
            return self.function(*args, **kwargs)
        return trace.call(self, args, dict(kwargs))  # type: ignore[return-value]

    def __repr__(self) -> str:
        return f"<step {self.name!r}>"


@overload
def step(function: Callable[P, R], /) -> StepFunction[P, R]: ...
@overload
def step(
    *,
    name: str | None = None,
    resources: Resources | None = None,
    operator: str | None = None,
    retries: int | Retries = 0,
    timeout: float | None = None,
    cache: bool = True,
    secrets: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    image: str | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    files: Iterable[str] = (),
    distributed: Distributed | None = None,
) -> Callable[[Callable[P, R]], StepFunction[P, R]]: ...
def step(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    resources: Resources | None = None,
    operator: str | None = None,
    retries: int | Retries = 0,
    timeout: float | None = None,
    cache: bool = True,
    secrets: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    image: str | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    files: Iterable[str] = (),
    distributed: Distributed | None = None,
) -> Any:
    """Make a function a step of pipelines; calling it elsewhere still just calls it.

    Args:
        function: The function, when used without parentheses.
        name: The step's name; the function's own if not given.
        resources: Compute it needs; an adapter honours it or refuses before anything runs.
        operator: Which of the stack's step operators runs it.
        retries: Further attempts after a failure: a count, or ``Retries(count=2, delay=5)``.
        timeout: Seconds after which an attempt is stopped and counts as failed.
        cache: Whether outputs of an earlier, equal attempt are used instead of running it.
        secrets: Names of secrets that ``context.secret(name)`` may read.
        environment: Environment variables; they count towards the cache key.
        image: A digest-pinned image of its own; it counts towards the cache key.
        settings: Settings of one backend: ``{"kubernetes": {…}}``.
        files: Data files of the project that it reads; they count towards the cache key.
        distributed: On how many nodes it runs, and by which engine:
            ``Distributed(nodes=3, kind="dask")``; like resources, not part of the cache key.

    Raises:
        PipelineError: The name is not possible.

    Example:
        >>> @step(retries=Retries(count=2, delay=1, backoff=2))
        ... def double(number: int) -> int:
        ...     return 2 * number
        >>> double(21)
        42
    """
    if isinstance(retries, int):
        retries = Retries(count=retries)
    options = StepOptions(
        resources=resources or Resources(),
        operator=operator,
        retries=retries,
        timeout=timeout,
        cache=cache,
        secrets=tuple(secrets),
        environment=dict(environment or {}),
        image=image,
        settings={backend: dict(values) for backend, values in (settings or {}).items()},
        distributed=distributed,
    )

    def decorate(decorated: Callable[P, R]) -> StepFunction[P, R]:
        if not inspect.isfunction(decorated):
            raise PipelineError(f"@step decorates functions; {decorated!r} is none")
        return StepFunction(decorated, name=name, options=options, files=files)

    return decorate if function is None else decorate(function)


class Pipeline(Generic[P, R]):
    """A function under ``@pipeline``: trace it to a graph, or run it on a stack.

    Attributes:
        function: The function itself.
        name: What its runs, artifacts and cache records are filed under.
    """

    def __init__(self, function: Callable[P, R], *, name: str | None = None) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name or function.__name__
        if not NAME.fullmatch(self.name):
            raise PipelineError(
                f"pipeline name {self.name!r} does not match {NAME.pattern}: rename the function, "
                'or write @pipeline(name="…")'
            )
        if taken := RESERVED.intersection(inspect.signature(function).parameters):
            raise PipelineError(
                f"pipeline {self.name!r}: {', '.join(sorted(taken))} is what run() itself takes; "
                "call the parameter something else"
            )

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function: as plain Python outside a pipeline, as a sub-pipeline inside one."""
        from fairlead.tracing import current_trace

        trace = current_trace()
        if trace is None:
            return self.function(*args, **kwargs)
        with trace.nested(self.name):
            return self.function(*args, **kwargs)

    def validate(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as the annotations make them, defaults filled in.

        Args:
            parameters: Values by name; text is read as the annotation says.

        Raises:
            ParameterError: A name is unknown, a value is missing or of the wrong type (all of
                them are told at once).
        """
        from fairlead.parameters import validate_parameters

        return validate_parameters(self, parameters)

    def parse(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return parameters that were given as text, as on a command line.

        Raises:
            ParameterError: A name is unknown or a text does not fit its annotation.
        """
        from fairlead.parameters import parse_parameters

        return parse_parameters(self, texts)

    def trace(self, **parameters: Any) -> Graph:
        """Return the graph that the pipeline is for given parameters; nothing runs.

        Raises:
            ParameterError: A parameter is unknown or wrong.
            PipelineError: The pipeline cannot be traced.
            EdgeTypeError: An output does not fit the input that it is wired to.

        Example:
            >>> @step
            ... def one() -> int: return 1
            >>> @pipeline
            ... def tiny(): one()
            >>> [node.id for node in tiny.trace().nodes]
            ['one']
        """
        from fairlead.tracing import trace_pipeline

        return trace_pipeline(self, parameters).graph

    def run(
        self,
        *,
        stack: str | None = None,
        manifest: StackManifest | str | None = None,
        config: Mapping[str, Any] | str | None = None,
        tags: Mapping[str, str] | None = None,
        wait: bool = True,
        in_process: bool = False,
        cache: bool = True,
        refresh: bool = False,
        observer: Observer | None = None,
        **parameters: Any,
    ) -> Run:
        """Run the pipeline on a stack.

        Args:
            stack: The stack's name; ``FAIRLEAD_STACK`` or the project's only stack if not given.
            manifest: A manifest, or where one lies, instead of a stack's name.
            config: A run configuration (mapping, or path of a YAML file): ``parameters``, ``tags``
                and per-step ``steps: {train: {resources: …}}``.
            tags: For finding the run again.
            wait: Whether to return when the run has ended, or as soon as it is submitted.
            in_process: Run every step here, one after the other, for tests and debuggers.
            cache: Whether cached outputs may be used.
            refresh: Read the stack's manifest anew.
            observer: Called with every change of a step's state.
            **parameters: The pipeline's own parameters.

        Returns:
            The run, as ``fairlead.runs`` would list it.

        Raises:
            FairleadError: Something is wrong with the stack, the pipeline or a parameter.
            RunFailedError: The run ended with failed steps; ``error.run`` is the run.

        Example:
            ``training.run(stack="local", depth=7)["evaluate"].output.load()``
        """
        from fairlead.scripts import stop_at_run

        stop_at_run(self.name)
        from fairlead.runner.submit import run_pipeline

        return run_pipeline(
            self,
            parameters,
            stack=stack,
            manifest=manifest,
            config=config,
            tags=tags,
            wait=wait,
            in_process=in_process,
            cache=cache,
            refresh=refresh,
            observer=observer,
        )

    def __repr__(self) -> str:
        return f"<pipeline {self.name!r}>"


@overload
def pipeline(function: Callable[P, R], /) -> Pipeline[P, R]: ...
@overload
def pipeline(*, name: str | None = None) -> Callable[[Callable[P, R]], Pipeline[P, R]]: ...
def pipeline(function: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Make a function that calls steps a pipeline.

    Args:
        function: The function, when used without parentheses.
        name: The pipeline's name; the function's own if not given.

    Raises:
        PipelineError: The name is not possible, or a parameter has a name that ``run`` takes.

    Example:
        >>> @step
        ... def double(number: int) -> int: return 2 * number
        >>> @pipeline
        ... def doubling(number: int = 21): return double(number)
        >>> doubling()
        42
    """
    if function is None:
        return lambda decorated: Pipeline(decorated, name=name)
    return Pipeline(function, name=name)
