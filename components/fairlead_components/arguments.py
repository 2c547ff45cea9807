"""Read a component's arguments, declared once as a dataclass, from whatever hands them in.

A Python program passes the dataclass, a program in another language a mapping (through the host),
a stack's configuration a document: the document is validated by a pydantic model derived from the
dataclass, so that arguments are written down in one place only.
"""

import dataclasses
import inspect
import json
import types
from collections.abc import Awaitable, Iterable, Mapping
from functools import cache
from typing import Any, ForwardRef, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from fairlead.errors import ConfigError
from fairlead.spelling import did_you_mean

Args = TypeVar("Args")


def arguments_class(component: type) -> type:
    """Return the dataclass that annotates a component's parameter ``args``.

    Args:
        component: A component class.

    Raises:
        TypeError: The component does not follow the rule.
    """
    annotation = inspect.get_annotations(cast("Any", component).__init__).get("args")
    if not dataclasses.is_dataclass(annotation) or not isinstance(annotation, type):
        raise TypeError(
            f"{component.__name__}.__init__ needs a parameter `args` annotated with a dataclass, "
            "in a module without `from __future__ import annotations`."
        )
    return annotation


def plain_type(annotation: Any) -> Any:
    """Return what a value of an annotation is once it is known: without ``Input`` and ``Output``.

    Args:
        annotation: Such as ``Optional[pulumi.Input[str]]``.

    Example:
        >>> import pulumi
        >>> plain_type(pulumi.Input[dict[str, pulumi.Input[int]]])
        dict[str, int]
    """
    origin = get_origin(annotation)
    if origin is Union or origin is types.UnionType:
        members = tuple(plain_type(m) for m in get_args(annotation) if not _deferred(m))
        return Union[members]  # noqa: UP007 - the members are known at run time only
    if origin in (list, dict):
        return origin[tuple(plain_type(member) for member in get_args(annotation))]
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return config_model(annotation)
    return annotation


def _deferred(member: Any) -> bool:
    """Tell the two members of ``Input[T]`` that stand for a value which is not there yet."""
    return isinstance(member, ForwardRef) or get_origin(member) is Awaitable


@cache
def config_model(args: type) -> type[BaseModel]:
    """Derive from a dataclass of arguments the model that validates them in a configuration.

    A field's ``metadata`` holds pydantic constraints, such as ``{"gt": 0}``.

    Args:
        args: A dataclass whose fields are annotated with ``Optional[pulumi.Input[T]]``.
    """
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(args):
        if isinstance(field.type, str):
            raise TypeError(
                f"{args.__name__}.{field.name}: annotations must be objects: remove "
                f"`from __future__ import annotations` from {args.__module__}."
            )
        default: Any = ... if field.default is dataclasses.MISSING else field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        fields[field.name] = (plain_type(field.type), Field(default, **dict(field.metadata)))
    return create_model(args.__name__, __config__=ConfigDict(extra="forbid", strict=True), **fields)


def arguments(args: type[Args], given: Any) -> Args:
    """Return arguments as their dataclass, also where a host hands in a mapping or nothing.

    Args:
        args: The dataclass.
        given: An instance of it, a mapping, or None; values may be outputs.

    Raises:
        ConfigError: The mapping has keys that are no arguments, or lacks one.
    """
    if isinstance(given, args):
        return given
    names = {field.name: field for field in dataclasses.fields(cast("Any", args))}
    values = dict(given or {})
    problems = [f"{key}: {unknown(key, names)}" for key in values if key not in names]
    for name, field in names.items():
        nested = _dataclass_of(field.type)
        if nested is not None and isinstance(values.get(name), Mapping):
            values[name] = arguments(nested, values[name])
        if name not in values and field.default is field.default_factory is dataclasses.MISSING:
            problems.append(f"{name}: missing")
    if problems:
        raise ConfigError(args.__name__, problems)
    return args(**values)


def _dataclass_of(annotation: Any) -> type | None:
    for member in (annotation, *get_args(annotation)):
        if dataclasses.is_dataclass(member) and isinstance(member, type):
            return member
    return None


def read_arguments(args: type[Args], document: Any, path: str) -> tuple[Args | None, list[str]]:
    """Validate a configuration document.

    Args:
        args: The dataclass of arguments.
        document: A mapping, as a configuration holds it.
        path: Where it lies, for the problems.

    Returns:
        The arguments, None if there are problems; and one sentence for each problem, with its path.
    """
    model = config_model(cast("type", args))
    try:
        # JSON mode: strict, and still an enumeration may be written as its value.
        checked = model.model_validate_json(json.dumps(document))
    except ValidationError as error:
        return None, [
            _sentence(path, model, cast("Mapping[str, Any]", problem))
            for problem in error.errors(include_url=False, include_input=False)
        ]
    given = checked.model_dump(exclude_unset=True)
    return arguments(args, _enumerated(checked, given)), []


def _enumerated(model: BaseModel, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given with nested models as mappings and everything else as it is."""
    return {
        name: _enumerated(value, given[name])
        if isinstance(value := getattr(model, name), BaseModel)
        else value
        for name in given
    }


def _sentence(path: str, model: type[BaseModel], problem: Mapping[str, Any]) -> str:
    location = [str(part) for part in problem["loc"]]
    where = ".".join([path, *location])
    match problem["type"]:
        case "extra_forbidden":
            return f"{where}: {unknown(location[-1], _keys_at(model, location[:-1]))}"
        case "missing":
            return f"{where}: missing"
        case _:
            message = str(problem["msg"])
            return f"{where}: {message[0].lower()}{message[1:].removesuffix('.')}"


def _keys_at(model: type[BaseModel], location: Iterable[str]) -> list[str]:
    """Return the keys of the model that lies at a location of another."""
    for part in location:
        field = model.model_fields.get(part)
        candidates = (field.annotation, *get_args(field.annotation)) if field else ()
        nested = next(
            (c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None
        )
        if nested is None:
            return []
        model = nested
    return list(model.model_fields)


def unknown(key: str, known: Iterable[str], what: str = "key") -> str:
    """Say that a name is not one of those that are known, and which was probably meant.

    Args:
        key: What was written.
        known: What could have been.
        what: What it is the name of.

    Example:
        >>> unknown("pathh", ["path", "mode"])
        "unknown key; did you mean 'path'?"
    """
    known = sorted(known)
    hint = did_you_mean(key, known) or f"; known: {', '.join(known) or 'none'}"
    return f"unknown {what}{hint}"
