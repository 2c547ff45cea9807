"""Pulumi's wire format for property values: protobuf structs with marks for special values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

#: Stands for a value that is not known before something else was created.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

#: The key that marks an object as a special value, and the mark of a secret.
SPECIAL = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark, not a secret


@dataclass(frozen=True, slots=True)
class Properties:
    """Hold property values in the clear, and which of them must not be shown.

    Attributes:
        values: By name; a value that is not known yet is ``UNKNOWN``.
        secret: The names whose values are secret or contain a secret.
    """

    values: dict[str, Any]
    secret: frozenset[str]


def decode(struct: Struct) -> Properties:
    """Read properties from the wire.

    Args:
        struct: A message, possibly absent (empty).
    """
    raw = MessageToDict(struct)
    values, secret = {}, set()
    for name, value in raw.items():
        if value is None:
            continue
        values[name], hidden = _plain(value)
        if hidden:
            secret.add(name)
    return Properties(values, frozenset(secret))


def _plain(value: Any) -> tuple[Any, bool]:
    """Return a value without marks, and whether it holds a secret."""
    if isinstance(value, dict):
        if value.get(SPECIAL) == _SECRET:
            return _plain(value.get("value"))[0], True
        items = {key: _plain(item) for key, item in value.items()}
        return {k: v for k, (v, _) in items.items()}, any(hidden for _, hidden in items.values())
    if isinstance(value, list):
        parts = [_plain(item) for item in value]
        return [part for part, _ in parts], any(hidden for _, hidden in parts)
    if isinstance(value, float) and value.is_integer():
        return int(value), False  # the wire has one kind of number
    return value, False


def encode(values: Mapping[str, Any], secret: Collection[str] = ()) -> Struct:
    """Write properties for the wire.

    Args:
        values: By name, as JSON data.
        secret: The names whose values are marked as secret.
    """
    struct = Struct()
    struct.update(
        {
            name: {SPECIAL: _SECRET, "value": value} if name in secret else value
            for name, value in values.items()
        }
    )
    return struct


def is_unknown(value: Any) -> bool:
    """Return whether a value is, or contains, one that is not known yet."""
    if isinstance(value, dict):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(is_unknown(item) for item in value)
    return bool(value == UNKNOWN)
