"""Make of what is given for a parameter what its annotation says, or say what is wrong."""

from __future__ import annotations

import contextlib
import inspect
import json
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fairlead.annotations import strip_annotated, type_text
from fairlead.dsl import Artifact, Pipeline
from fairlead.errors import ParameterError
from fairlead.spelling import did_you_mean

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return _adapters[annotation]
    except (KeyError, TypeError):
        pass
    try:
        adapter = TypeAdapter[Any](annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # models, dataclasses and typed dicts bring a configuration
        adapter = TypeAdapter[Any](annotation)
    with contextlib.suppress(TypeError):
        _adapters[annotation] = adapter
    return adapter


def convert(value: Any, annotation: Any, where: str) -> Any:
    """Return a value as an annotation makes it.

    Args:
        value: What was given; text is read as the annotation says.
        annotation: The parameter's annotation.
        where: What the value is for, for the error.

    Raises:
        ParameterError: It does not fit. The value itself is not repeated.
    """
    from pydantic import ValidationError

    if annotation is Any or (annotation in (int, str, bool, float) and type(value) is annotation):
        return value
    try:
        return _adapter(annotation).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "".join(f"[{part!r}]" for part in first["loc"])
        if type_text(type(value)) == type_text(annotation):
            raise ParameterError(
                f"{where}{place}: {type_text(annotation)} was defined again after this value was "
                "made: run the cell again that makes it, or that has it as a default."
            ) from None
        raise ParameterError(
            f"{where}{place}: {first['msg']} (it takes {type_text(annotation)}, "
            f"not a value of type {type(value).__name__})."
        ) from None


def validate_parameters(pipeline: Pipeline[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline's parameters as its annotations make them, defaults filled in.

    Args:
        pipeline: The pipeline.
        given: Values by name; text is read as the annotation says.

    Raises:
        ParameterError: Every unknown, missing or wrong parameter, at once.
    """
    where = f"pipeline {pipeline.name!r}"
    signature = inspect.signature(pipeline.function)
    hints = typing.get_type_hints(pipeline.function, include_extras=True)
    problems: list[str] = []
    for name in given:
        if name not in signature.parameters:
            takes = ", ".join(signature.parameters) or "none"
            hint = did_you_mean(name, signature.parameters) or "."
            problems.append(f"parameter {name!r} is unknown{hint} It takes: {takes}.")
    values: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if name not in hints:
            problems.append(f"parameter {name!r} has no type annotation: annotate it.")
            continue
        annotation = strip_annotated(hints[name])
        if name in given:
            value = given[name]
        elif parameter.default is not parameter.empty:
            value = parameter.default
        else:
            problems.append(f"parameter {name!r} ({type_text(annotation)}) is missing.")
            continue
        if isinstance(value, Artifact):
            values[name] = value
            continue
        try:
            values[name] = convert(value, annotation, f"parameter {name!r}")
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError(f"{where}: " + "\n".join(problems))
    return values


def parse_parameters(pipeline: Pipeline[..., Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return parameters that were given as text, as on a command line.

    Args:
        pipeline: The pipeline; its annotations say how a text is read. A text that does not fit
            as it stands is read as JSON: ``[1, 2]``, ``null``.
        texts: Text by parameter name.

    Raises:
        ParameterError: A name is unknown or a text does not fit its annotation.
    """
    hints = typing.get_type_hints(pipeline.function, include_extras=True)
    values: dict[str, Any] = {}
    for name, text in texts.items():
        annotation = strip_annotated(hints.get(name, str))
        values[name] = text
        if annotation is not Any:
            with contextlib.suppress(ParameterError):
                values[name] = convert(text, annotation, name)
                continue
        with contextlib.suppress(ValueError):
            values[name] = json.loads(text)
    valid = validate_parameters(pipeline, values)
    return {name: value for name, value in valid.items() if name in texts}
