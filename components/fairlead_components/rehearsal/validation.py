"""Hold values against types, as a provider does before anything is created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.spelling import did_you_mean
from fairlead_components.arguments import unknown
from fairlead_components.provider.wire import SPECIAL, UNKNOWN
from fairlead_components.rehearsal.resource_types import Fields

_PYTHON: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "integer": int, "number": (int, float),
}  # fmt: skip
_SHOWN = 12

#: A place in a resource's inputs, such as ``rules[0].name``, and what is wrong there.
Failure = tuple[str, str]


class Validator:
    """Check properties against one resource type's or function's fields.

    No message repeats a value: it may be a secret.

    Args:
        objects: The fields of the object types that may occur.
        bridged: Whether the provider converts between scalars, as Terraform's do.
    """

    def __init__(self, objects: Mapping[str, Fields], *, bridged: bool) -> None:
        self._objects = objects
        self._bridged = bridged

    def fields(self, values: Mapping[str, Any], fields: Fields, at: str = "") -> list[Failure]:
        """Return what is wrong with an object's properties.

        Args:
            values: By name on the wire; None and absent are the same.
            fields: What there may be.
            at: Where the object is.

        Example:
            >>> Validator({}, bridged=False).fields({"nam": "x"}, {"name": ["string", True]})
            [('nam', "unknown property; did you mean 'name'?"), ('name', 'missing')]
        """
        inside = f"{at}." if at else ""
        failures: list[Failure] = []
        for name, value in values.items():
            if name.startswith("__"):  # the engine's and the bridge's own
                continue
            if name not in fields:
                failures.append((f"{inside}{name}", unknown(name, fields, "property")))
            elif value is not None:
                failures += self.value(value, fields[name][0], f"{inside}{name}")
        failures += [
            (f"{inside}{name}", "missing")
            for name, (_, required) in fields.items()
            if required and values.get(name) is None
        ]
        return failures

    def value(  # noqa: PLR0911 - one for each kind of type
        self, value: Any, kind: Any, at: str
    ) -> list[Failure]:
        """Return what is wrong with one value."""
        if value == UNKNOWN or kind == "any":
            return []
        if isinstance(kind, str):
            return self._scalar(value, kind, at)
        shape, inner = kind
        if shape == "one":
            return self._any_of(value, inner, at)
        if shape == "enum":
            return [] if value in inner else [(at, _not_among(value, inner))]
        if shape == "array":
            if not isinstance(value, list):
                return [(at, f"must be a list, not {_named(value)}")]
            return [f for n, v in enumerate(value) for f in self.value(v, inner, f"{at}[{n}]")]
        if not isinstance(value, dict):
            return [(at, f"must be an object, not {_named(value)}")]
        if shape == "map":
            pairs = [(k, v) for k, v in value.items() if v is not None]
            return [f for k, v in pairs for f in self.value(v, inner, f"{at}.{k}")]
        return self.fields(value, self._objects.get(inner, {}), at)

    def _scalar(self, value: Any, kind: str, at: str) -> list[Failure]:
        if kind == "asset":
            fits = isinstance(value, dict) and SPECIAL in value
            return [] if fits else [(at, f"must be an asset or an archive, not {_named(value)}")]
        if isinstance(value, bool) and kind != "boolean":
            fits = self._bridged and kind == "string"
        else:
            fits = isinstance(value, _PYTHON[kind]) or (self._bridged and _converts(value, kind))
        return [] if fits else [(at, f"must be a {kind}, not {_named(value)}")]

    def _any_of(self, value: Any, options: list[Any], at: str) -> list[Failure]:
        named = [inner for shape, inner in map(_parts, options) if shape == "enum"]
        if isinstance(value, str) and named and "string" in options:
            return self._open_enumeration(value, named[0], at)
        tried = [self.value(value, option, at) for option in options]
        return min(tried, key=len, default=[])

    def _open_enumeration(self, value: str, members: list[Any], at: str) -> list[Failure]:
        """Judge a string beside which an enumeration stands.

        In SDKs that are generated from an API's own specification it says what the API takes (in
        any case). Bridged SDKs have it for convenience: it lags behind what there is.
        """
        if self._bridged or value.lower() in {str(member).lower() for member in members}:
            return []
        return [(at, _not_among(value, members))]


def _parts(kind: Any) -> tuple[str, Any]:
    return (kind, None) if isinstance(kind, str) else (kind[0], kind[1])


def _converts(value: Any, kind: str) -> bool:
    if kind == "string":
        return isinstance(value, int | float)
    if kind == "boolean":
        return value in {"true", "false"} if isinstance(value, str) else False
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _named(value: Any) -> str:
    """Return what kind of value this is, in the schema's words."""
    if isinstance(value, dict):
        return "an asset" if SPECIAL in value else "an object"
    names: Mapping[type, str] = {
        bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list",
    }  # fmt: skip
    return names.get(type(value), "nothing")


def _not_among(value: Any, members: list[Any]) -> str:
    names = [str(member) for member in members]
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return f"must be one of {shown}{did_you_mean(str(value), names)}"


def all_paths(old: Any, new: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each difference of two values, and ``add``, ``delete`` or ``update``.

    Example:
        >>> list(all_paths({"a": 1, "b": [1]}, {"b": [2], "c": 3}))
        [('a', 'delete'), ('b[0]', 'update'), ('c', 'add')]
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            path = f"{at}.{key}" if at else key
            if key not in new:
                yield path, "delete"
            elif key not in old:
                yield path, "add"
            else:
                yield from all_paths(old[key], new[key], path)
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            path = f"{at}[{number}]"
            if number >= len(new):
                yield path, "delete"
            elif number >= len(old):
                yield path, "add"
            else:
                yield from all_paths(old[number], new[number], path)
    elif old != new:
        yield at, "update"
