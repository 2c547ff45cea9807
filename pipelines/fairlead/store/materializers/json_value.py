"""Plain values (numbers, text, dates, and lists, tuples, sets and dicts of them) as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.errors import MaterializerError, ParameterError
from fairlead.store.materializers.base import UnsuitableError

_PREVIEW = 200


class JsonText:
    """Store what ``fairlead.values`` can encode without loss, in canonical order."""

    name: ClassVar[str] = "json"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = True

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write a value as JSON."""
        from fairlead.values import encode

        try:
            encoded = encode(value)
        except ParameterError as error:
            reason = str(error).replace(" cannot be a parameter: return it from a step", "")
            raise UnsuitableError(f"it is no plain value ({reason})") from None
        content = dump(encoded)
        if b'{"$path":' in content:
            raise MaterializerError(
                "a path lies inside a value whose text alone would be stored, not the file: return "
                "the path itself, a list or dict of paths, or str(path) if only the text counts."
            )
        file.write(content)
        metadata: dict[str, JsonValue] = {"preview": repr_short(value)}
        if hasattr(value, "__len__"):
            metadata["length"] = len(value)
        return metadata

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the value."""
        del metadata, annotation
        from fairlead.values import decode

        return decode(json.loads(file.read()))


def dump(encoded: JsonValue) -> bytes:
    """Return JSON without spaces; equal values give equal bytes."""
    return json.dumps(encoded, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(
        errors="surrogatepass"
    )


def repr_short(value: Any) -> str:
    """Return the beginning of a value's repr without building all of a large one."""
    if isinstance(value, str):
        return value[:_PREVIEW]
    if isinstance(value, list | tuple) and len(value) > _PREVIEW:
        value = value[:_PREVIEW]
    elif isinstance(value, dict) and len(value) > _PREVIEW:
        value = dict(list(value.items())[:_PREVIEW])
    elif isinstance(value, int) and value.bit_length() > 2000:  # noqa: PLR2004 - digits are limited
        return f"an integer of {value.bit_length()} bits"
    try:
        return repr(value)[:_PREVIEW]
    except ValueError:  # an integer too long for decimal digits, inside
        return type(value).__name__
