"""Read the annotations of steps: which outputs there are, and whether an edge fits.

Everything here happens while a pipeline is traced, before anything runs.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin

from fairlead.errors import PipelineError
from fairlead.graph import DEFAULT_OUTPUT, NAME


@dataclass(frozen=True, slots=True)
class StepSignature:
    """Hold what a step's annotations say.

    Attributes:
        parameters: The function's parameters by name.
        inputs: Annotation by parameter name, ``Annotated`` stripped.
        outputs: Annotation by output name, in order; empty for ``-> None``.
        packed: Whether the function returns a tuple of its outputs.
    """

    parameters: dict[str, inspect.Parameter]
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    packed: bool


def step_signature(function: Callable[..., Any]) -> StepSignature:
    """Read a step function's annotations.

    Args:
        function: The function under ``@step``.

    Returns:
        Its inputs and outputs. ``-> Annotated[T, "model"]`` names one output,
        ``-> tuple[Annotated[A, "train"], Annotated[B, "test"]]`` several, ``-> T`` is ``output``.

    Raises:
        PipelineError: An annotation is missing, cannot be resolved, or names an output badly.

    Example:
        >>> def split(rows: list) -> tuple[Annotated[list, "a"], Annotated[list, "b"]]: ...
        >>> list(step_signature(split).outputs)
        ['a', 'b']
    """
    where = f"step {function.__name__!r} ({_place(function)})"
    signature = inspect.signature(function)
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise PipelineError(
            f"{where}: an annotation cannot be resolved ({error}). Import the name where the step "
            "is defined (outside `if TYPE_CHECKING:`)."
        ) from error
    missing: list[str] = []
    inputs: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise PipelineError(
                f"{where}: parameter {'*' if parameter.kind is parameter.VAR_POSITIONAL else '**'}"
                f"{name} is not possible in a step: name each input, or take a list."
            )
        if name == "after":
            raise PipelineError(f"{where}: 'after' orders steps; call the parameter something else")
        if name not in hints:
            missing.append(f"parameter {name!r}")
        else:
            inputs[name] = strip_annotated(hints[name])
    if "return" not in hints:
        missing.append("the return value")
    if missing:
        raise PipelineError(
            f"{where}: no type annotation for {', '.join(missing)}. Annotate each "
            "(`Any` accepts everything, `-> None` returns nothing)."
        )
    outputs, packed = _outputs(hints["return"], where)
    return StepSignature(dict(signature.parameters), inputs, outputs, packed)


def _outputs(hint: Any, where: str) -> tuple[dict[str, Any], bool]:
    if hint is None or hint is type(None):
        return {}, False
    if get_origin(hint) is tuple:
        parts = get_args(hint)
        named = [output_name(part) for part in parts]
        if any(named):
            if not all(named):
                raise PipelineError(
                    f"{where}: some outputs are named and some are not: write "
                    'tuple[Annotated[A, "first"], Annotated[B, "second"]].'
                )
            names = [str(name) for name in named]
            _check_names(names, where)
            return dict(zip(names, map(strip_annotated, parts), strict=True)), True
    name = output_name(hint) or DEFAULT_OUTPUT
    _check_names([name], where)
    return {name: strip_annotated(hint)}, False


def _check_names(names: list[str], where: str) -> None:
    for name in names:
        if not NAME.fullmatch(name):
            raise PipelineError(
                f"{where}: output name {name!r} does not match {NAME.pattern}: use lower-case "
                "letters, digits and underscores"
            )
        if name == "figures":
            raise PipelineError(f"{where}: the output name 'figures' is taken by log_figure")
    if len(set(names)) < len(names):
        raise PipelineError(f"{where}: two outputs have the same name")


def output_name(hint: Any) -> str | None:
    """Return the name that ``Annotated[T, "name"]`` gives an output, if it does."""
    if get_origin(hint) is Annotated:
        return next((extra for extra in get_args(hint)[1:] if isinstance(extra, str)), None)
    return None


def strip_annotated(hint: Any) -> Any:
    """Return an annotation without ``Annotated``.

    Example:
        >>> strip_annotated(Annotated[int, "count"])
        <class 'int'>
    """
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def type_text(hint: Any) -> str:
    """Return an annotation as a person writes it.

    Example:
        >>> type_text(list[int]), type_text(int)
        ('list[int]', 'int')
    """
    if isinstance(hint, type) and not get_args(hint):
        module = hint.__module__
        return hint.__qualname__ if module == "builtins" else f"{module}.{hint.__qualname__}"
    return str(hint).replace("typing.", "")


@lru_cache(maxsize=4096)
def _fits(produced: Any, consumed: Any) -> bool:
    if isinstance(produced, type) and isinstance(consumed, type):
        plain = not (get_args(produced) or get_args(consumed))
        if plain and issubclass(produced, consumed):
            return True
        if consumed is float and produced is int:  # PEP 484's numeric tower
            return True
        if consumed is complex and produced in (int, float):
            return True
    from beartype.door import is_subhint

    try:
        return is_subhint(produced, consumed)
    except Exception:  # noqa: BLE001 - beartype refuses hints that it does not know
        return _same_origin(produced, consumed)


def _same_origin(produced: Any, consumed: Any) -> bool:
    left, right = get_origin(produced) or produced, get_origin(consumed) or consumed
    if right in (Union, types.UnionType):
        return any(fits(produced, option) for option in get_args(consumed))
    if isinstance(left, type) and isinstance(right, type):
        return issubclass(left, right)
    return bool(left == right)


def fits(produced: Any, consumed: Any) -> bool:
    """Say whether a value of one annotation may be passed where another is asked for.

    Args:
        produced: The output's annotation.
        consumed: The parameter's annotation.

    Example:
        >>> fits(bool, int), fits(list[int], list[str]), fits(Any, int)
        (True, False, True)

    Source:
        https://beartype.readthedocs.io/en/latest/api_door/ (``is_subhint``)
    """
    if produced is Any or consumed in (Any, object) or produced == consumed:
        return True
    if isinstance(consumed, typing.TypeVar):
        return True
    try:
        return _fits(produced, consumed)
    except TypeError:  # unhashable metadata inside a hint
        return _fits.__wrapped__(produced, consumed)


def member_type(container: type, hint: Any) -> Any:
    """Return what the members of a container are where an annotation asks for one.

    Args:
        container: ``list``, ``tuple`` or ``dict``: what is passed.
        hint: The annotation that it is passed to; of a union, the options that accept it count.

    Returns:
        The annotation of elements (of values, for a dictionary); Any where it is open.

    Raises:
        TypeError: The annotation accepts no such container.

    Example:
        >>> member_type(list, list[int] | None), member_type(dict, dict[str, float])
        (<class 'int'>, <class 'float'>)
    """
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    found = [member for option in options if (member := _member(container, option)) is not None]
    if not found:
        raise TypeError(type_text(hint))
    return found[0] if len(found) == 1 else Any


def _member(container: type, hint: Any) -> Any:
    """Return the member type of one option; None if it does not accept the container."""
    if hint in (Any, object) or isinstance(hint, typing.TypeVar):
        return Any
    origin = get_origin(hint) or hint
    if not isinstance(origin, type) or not issubclass(container, origin):
        return None
    args = [arg for arg in get_args(hint) if arg is not Ellipsis]
    wanted = 2 if issubclass(container, dict) else 1
    return args[-1] if len(args) == wanted else Any


def _place(function: Callable[..., Any]) -> str:
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename.rpartition('/')[2]}:{code.co_firstlineno}"
