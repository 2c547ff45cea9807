"""Recorded parameters for people to read: no class of the user is imported to show them."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue


def shown(encoded: JsonValue) -> Any:
    """Return plain data that says what a recorded parameter is.

    Values of the user's classes are shown by their fields, so that any process can show them: one
    that knows nothing of the project, or the code of which has changed since. To get the value
    itself, use ``fairlead.values.decode``.

    Args:
        encoded: What ``fairlead.values.encode`` wrote.

    Example:
        >>> shown({"$dataclass": ["train:Point", {"x": 1, "y": {"$tuple": [2, 3]}}]})
        {'x': 1, 'y': [2, 3]}
        >>> shown({"$enum": ["train:Color", "RED", 1]}), shown({"$path": "data/rows.csv"})
        ('Color.RED', 'data/rows.csv')
    """
    if isinstance(encoded, list):
        return [shown(item) for item in encoded]
    if not isinstance(encoded, dict):
        return encoded
    if len(encoded) == 1:
        ((tag, payload),) = encoded.items()
        if tag.startswith("$"):
            return _tagged(tag, payload)
    return {key: shown(item) for key, item in encoded.items()}


def _tagged(tag: str, payload: Any) -> Any:
    if tag in {"$dataclass", "$model"}:
        return shown(payload[1])
    if tag in {"$enum", "$flag"}:
        kind = str(payload[0]).rpartition(":")[2]
        return f"{kind}.{payload[1]}" if tag == "$enum" else f"{kind}({shown(payload[1])})"
    if tag == "$dict":
        return {str(shown(key)): shown(item) for key, item in payload}
    if tag in {"$tuple", "$set", "$frozenset", "$path"}:
        return shown(payload)
    if tag == "$bytes":
        return f"{len(payload) * 3 // 4 - payload[-2:].count('=')} bytes"
    from fairlead.values import decode  # what is left is of the standard library

    value = decode({tag: payload})
    return value if isinstance(value, int) else str(value)
