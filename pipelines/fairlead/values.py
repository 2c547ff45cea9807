"""Parameters as data: write a value as JSON without loss, and as bytes without ambiguity.

A parameter is of a closed list of types: None, bool, int, float, str, bytes, list, tuple, dict,
set, frozenset, datetime, date, time, timedelta, Decimal, UUID, pathlib.Path, enum members,
dataclasses and pydantic models. What is plain in JSON stays plain; the rest is an object with one
key that begins with ``$``. `canonical` is defined on that form, so that a cache key is computed
without importing any class of the user.

Reading imports the modules of the enum, dataclass and model classes that the document names, and
runs ``__post_init__`` of such a dataclass: no other code. Read only documents whose digest was
verified, as every run.json is.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import math
import pathlib
import sys
import uuid
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel, JsonValue, SecretBytes, SecretStr

from fairlead.errors import ParameterError
from fairlead.scripts import find_module, module_name

#: Levels of JSON that a value may take: readers of run.json stop at 200, its own frame needs some.
MAX_DEPTH = 150
#: Values within a value; larger ones belong in an artifact.
MAX_ITEMS = 1_000_000

_EXACT = 2**53  # the integers that every JSON reader keeps exactly


def encode(value: Any) -> JsonValue:
    """Write a value as JSON data, without loss.

    Args:
        value: Anything of the closed list of types.

    Raises:
        ParameterError: It, or something in it, is of another type, contains itself, or is too
            deep or too large for a parameter.

    Example:
        >>> encode({"depth": 5, "range": (1, 2.5)})
        {'depth': 5, 'range': {'$tuple': [1, 2.5]}}
    """
    return _Encoder().encode(value, 0)


def decode(data: JsonValue) -> Any:
    """Read a value that `encode` wrote; see the module for what that imports.

    Raises:
        ParameterError: It is not such a document, or names a class that is not there.

    Example:
        >>> decode({"depth": 5, "range": {"$tuple": [1, 2.5]}})
        {'depth': 5, 'range': (1, 2.5)}
    """
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        ((tag, payload),) = data.items()
        if tag.startswith("$"):
            if (read := _READERS.get(tag)) is None:
                raise ParameterError(
                    f"a recorded parameter has the unknown type {tag!r}: a later Fairlead "
                    "wrote it; upgrade with `pip install -U fairlead`."
                )
            try:
                return read(payload)
            except ParameterError:
                raise
            except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
                raise ParameterError(
                    f"a recorded parameter cannot be read here ({tag}, "
                    f"{type(error).__name__}: {error}): restore its record, or what it needs"
                ) from error
    return {key: decode(item) for key, item in data.items()}


def canonical(value: Any) -> bytes:
    """Return bytes that are equal for equal values only, and for all of them.

    Types count (1, 1.0, "1" and True differ), the order of dicts and sets does not; every NaN is
    equal, -0.0 is not 0.0. Typed and length-prefixed, so that no value can imitate another.

    Raises:
        ParameterError: As `encode`.

    Example:
        >>> canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})
        True
    """
    return canonical_encoded(encode(value))


def canonical_encoded(data: JsonValue) -> bytes:
    """Return `canonical` of a value that `encode` has already written.

    Example:
        >>> canonical_encoded({"$tuple": [1]}) == canonical((1,))
        True
    """
    if isinstance(data, dict):
        return _canonical_object(data)
    if isinstance(data, list):
        return b"l%d:%b" % (len(data), b"".join(map(canonical_encoded, data)))
    if isinstance(data, str):
        content = data.encode()
        return b"s%d:%b" % (len(content), content)
    if data is None or isinstance(data, bool):
        return {None: b"n", True: b"b1", False: b"b0"}[data]
    if isinstance(data, float):
        return b"f%b;" % data.hex().encode()
    return b"i%d;" % data


def _canonical_object(data: dict[str, Any]) -> bytes:
    pairs: Iterable[Any] = data.items()
    if len(data) == 1:
        ((tag, payload),) = pairs
        if tag == "$dict":
            pairs = payload
        elif tag.startswith("$"):
            return b"t%b%b" % (canonical_encoded(tag), canonical_encoded(payload))
    items = [canonical_encoded(key) + canonical_encoded(item) for key, item in pairs]
    return b"d%d:%b" % (len(items), b"".join(sorted(items)))


class _Encoder:
    """Hold what one call of `encode` must remember: what it is inside of, and how much it saw."""

    def __init__(self) -> None:
        self.inside: set[int] = set()
        self.items = 0

    def encode(self, value: Any, depth: int) -> JsonValue:
        kind = type(value)
        self.items += 1
        if kind is str:
            return _text(value)
        if value is None or kind is bool:
            return value  # type: ignore[no-any-return]
        if kind is int:
            return value if -_EXACT <= value <= _EXACT else {"$int": hex(value)}
        if kind is float:
            return value if math.isfinite(value) else {"$float": repr(value)}
        if (write := _SCALARS.get(kind)) is not None:
            tag, payload = write(value)
            return {tag: payload}
        if depth > MAX_DEPTH:
            raise ParameterError(
                f"a value nested deeper than {MAX_DEPTH} levels cannot be a parameter: "
                "return it from a step"
            )
        if self.items > MAX_ITEMS:
            raise ParameterError(
                f"a value with more than {MAX_ITEMS:,} items cannot be a parameter: "
                "return it from a step"
            )
        if id(value) in self.inside:
            raise ParameterError(
                f"a {kind.__qualname__} that contains itself cannot be a parameter: "
                "return it from a step"
            )
        self.inside.add(id(value))
        try:
            return self._compound(value, kind, depth + 1)
        finally:
            self.inside.discard(id(value))

    def _compound(  # noqa: PLR0911, one line a type
        self, value: Any, kind: type, depth: int
    ) -> JsonValue:
        if kind is list:
            return [self.encode(item, depth) for item in value]
        if kind is dict:
            return self._dict(value, depth)
        if kind is tuple:
            return {"$tuple": [self.encode(item, depth + 1) for item in value]}
        if kind is set or kind is frozenset:
            items = [self.encode(item, depth + 1) for item in value]
            return {f"${kind.__name__}": sorted(items, key=canonical_encoded)}
        if isinstance(value, enum.Flag):
            return {"$flag": [_class_path(kind), self.encode(value.value, depth + 1)]}
        if isinstance(value, enum.Enum):
            return {"$enum": [_class_path(kind), value.name, self._enum_value(value, depth)]}
        if isinstance(value, BaseModel):
            return self._model(value, kind, depth)
        if dataclasses.is_dataclass(kind):
            return self._dataclass(value, kind, depth)
        raise _refuse(value)

    def _dict(self, value: dict[Any, Any], depth: int) -> JsonValue:
        if all(type(key) is str and type(_text(key)) is str for key in value) and not any(
            key.startswith("$") for key in value
        ):
            return {key: self.encode(item, depth) for key, item in value.items()}
        return {
            "$dict": [
                [self.encode(key, depth + 2), self.encode(item, depth + 2)]
                for key, item in value.items()
            ]
        }

    def _enum_value(self, member: enum.Enum, depth: int) -> JsonValue:
        # The value is there for the cache key alone: members are read by name.
        try:
            return self.encode(member.value, depth + 1)
        except ParameterError:
            return None

    def _model(self, value: BaseModel, kind: type, depth: int) -> JsonValue:
        parts = [
            {name: self.encode(item, depth + 2) for name, item in sorted(value.__dict__.items())},
            self.encode(set(value.model_fields_set), depth + 2),
            self.encode(value.__pydantic_extra__, depth + 2),
            self.encode(value.__pydantic_private__, depth + 2),
        ]
        return {"$model": [_class_path(kind), *parts]}

    def _dataclass(self, value: Any, kind: type, depth: int) -> JsonValue:
        if _init_only(kind):
            raise ParameterError(
                f"{kind.__qualname__} has InitVar fields, which an instance does not keep, and "
                "cannot be a parameter: return it from a step"
            )
        fields = {
            field.name: self.encode(getattr(value, field.name), depth + 2)
            for field in dataclasses.fields(kind)
            if hasattr(value, field.name)
        }
        return {"$dataclass": [_class_path(kind), fields]}


def _refuse(value: Any) -> ParameterError:
    kind = type(value)
    if isinstance(value, SecretStr | SecretBytes):
        hint = "name the secret in @step(secrets=[…]) and read it there"
    elif kind.__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        hint = "pass value.item(), or return it from a step"
    elif isinstance(value, dict | list | tuple | str | int | float | set | bytes):
        plain = next(base.__name__ for base in kind.__mro__ if base.__module__ == "builtins")
        hint = f"pass {plain}(value), or return it from a step"
    else:
        hint = "return it from a step"
    return ParameterError(
        f"a value of type {kind.__module__}.{kind.__qualname__} cannot be a parameter: {hint}"
    )


def _text(value: str) -> JsonValue:
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:  # lone surrogates, which JSON in UTF-8 cannot hold
        return {"$str": value.encode("utf-8", "surrogatepass").hex()}
    return value


def _untext(data: Any) -> str:
    return data if isinstance(data, str) else str(decode(data))


def _zone(zone: dt.tzinfo | None) -> JsonValue:
    if zone is None:
        return None
    if type(zone) is dt.timezone:
        offset = zone.utcoffset(None)
        parts: list[JsonValue] = [offset.days, offset.seconds, offset.microseconds]
        name = zone.tzname(None)
        return parts if dt.timezone(offset).tzname(None) == name else [*parts, _text(name)]
    if type(zone) is zoneinfo.ZoneInfo and zone.key:
        return zone.key
    raise ParameterError(
        f"a time zone of type {type(zone).__qualname__} cannot be a parameter: "
        "use datetime.timezone or zoneinfo.ZoneInfo"
    )


def _unzone(data: Any) -> dt.tzinfo | None:
    if data is None:
        return None
    if isinstance(data, str):
        return zoneinfo.ZoneInfo(data)
    offset = dt.timedelta(data[0], data[1], data[2])
    if len(data) == 3:  # noqa: PLR2004
        return dt.UTC if not offset else dt.timezone(offset)
    return dt.timezone(offset, _untext(data[3]))


def _write_moment(tag: str, value: Any) -> tuple[str, JsonValue]:
    return tag, [value.replace(tzinfo=None).isoformat(), value.fold, _zone(value.tzinfo)]


def _read_moment(kind: Any, payload: Any) -> Any:
    text, fold, zone = payload
    return kind.fromisoformat(text).replace(fold=fold, tzinfo=_unzone(zone))


def _write_path(value: pathlib.Path) -> tuple[str, JsonValue]:
    return "$path", _text(value.as_posix())


_SCALARS: dict[type, Callable[[Any], tuple[str, JsonValue]]] = {
    bytes: lambda value: ("$bytes", base64.b64encode(value).decode()),
    dt.datetime: lambda value: _write_moment("$datetime", value),
    dt.date: lambda value: ("$date", value.isoformat()),
    dt.time: lambda value: _write_moment("$time", value),
    dt.timedelta: lambda value: ("$timedelta", [value.days, value.seconds, value.microseconds]),
    decimal.Decimal: lambda value: ("$decimal", str(value)),
    uuid.UUID: lambda value: ("$uuid", str(value)),
    pathlib.PosixPath: _write_path,
    pathlib.WindowsPath: _write_path,
}


def _class_path(kind: type) -> str:
    # The program itself goes by the name that others import it by: `python train.py` and
    # `fairlead run train.py` have one key.
    path = f"{module_name(kind.__module__)}:{kind.__qualname__}"
    found: Any = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is not kind:
        raise ParameterError(
            f"{path} cannot be imported under that name, so its instances cannot be parameters: "
            "define the class at the top level of a module"
        )
    return path


@functools.cache
def _init_only(kind: type) -> bool:
    # dataclasses.fields hides pseudo-fields; their own table tells them by this type's name.
    fields = kind.__dataclass_fields__.values()  # type: ignore[attr-defined]
    return any(field._field_type.name == "_FIELD_INITVAR" for field in fields)  # noqa: SLF001


def _find_class(path: Any, base: Callable[[type], bool]) -> Any:
    module, _, qualname = str(path).partition(":")
    try:
        found: Any = find_module(module)
        for name in qualname.split("."):
            found = vars(found)[name]
    except (ImportError, KeyError, TypeError, ValueError) as error:
        raise ParameterError(
            f"a recorded parameter is a {path}, which this project does not define any more: "
            f"restore the class, or run the pipeline again ({type(error).__name__}: {error})"
        ) from error
    if not isinstance(found, type) or not base(found):
        raise ParameterError(f"a recorded parameter names {path}, which is no class of that kind")
    return found


def _is_enum(kind: type) -> bool:
    return issubclass(kind, enum.Enum)


def _is_model(kind: type) -> bool:
    return issubclass(kind, BaseModel)


def _read_enum(payload: Any) -> Any:
    kind = _find_class(payload[0], _is_enum)
    try:
        return kind[payload[1]]
    except KeyError:
        raise ParameterError(
            f"{payload[0]} has no member {payload[1]!r} any more: restore it, or run again"
        ) from None


def _read_model(payload: Any) -> Any:
    path, fields, fields_set, extra, private = payload
    kind = _find_class(path, _is_model)
    model = kind.__new__(kind)
    # As unpickling does: the values were validated when the model was made.
    model.__setstate__(
        {
            "__dict__": {name: decode(item) for name, item in fields.items()},
            "__pydantic_fields_set__": decode(fields_set),
            "__pydantic_extra__": decode(extra),
            "__pydantic_private__": decode(private),
        }
    )
    return model


def _read_dataclass(payload: Any) -> Any:
    kind = _find_class(payload[0], dataclasses.is_dataclass)
    values = {name: decode(item) for name, item in payload[1].items()}
    if hasattr(kind, "__post_init__"):  # it may set attributes that are no fields
        known = {field.name for field in dataclasses.fields(kind) if field.init}
        value = kind(**{name: item for name, item in values.items() if name in known})
    else:
        value = object.__new__(kind)
    for name, item in values.items():
        object.__setattr__(value, name, item)
    return value


def _items(payload: Iterable[Any]) -> Iterable[Any]:
    return map(decode, payload)


_READERS: dict[str, Callable[[Any], Any]] = {
    "$int": lambda payload: int(payload, 16),
    "$float": float,
    "$str": lambda payload: bytes.fromhex(payload).decode("utf-8", "surrogatepass"),
    "$bytes": base64.b64decode,
    "$tuple": lambda payload: tuple(_items(payload)),
    "$set": lambda payload: set(_items(payload)),
    "$frozenset": lambda payload: frozenset(_items(payload)),
    "$dict": lambda payload: {decode(key): decode(item) for key, item in payload},
    "$datetime": functools.partial(_read_moment, dt.datetime),
    "$date": dt.date.fromisoformat,
    "$time": functools.partial(_read_moment, dt.time),
    "$timedelta": lambda payload: dt.timedelta(*payload),
    "$decimal": decimal.Decimal,
    "$uuid": uuid.UUID,
    "$path": lambda payload: pathlib.Path(_untext(payload)),
    "$enum": _read_enum,
    "$flag": lambda payload: _find_class(payload[0], _is_enum)(decode(payload[1])),
    "$model": _read_model,
    "$dataclass": _read_dataclass,
}
