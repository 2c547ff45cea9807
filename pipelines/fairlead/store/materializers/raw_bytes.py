"""Bytes, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.store.materializers.base import UnsuitableError


class RawBytes:
    """Store ``bytes``."""

    name: ClassVar[str] = "bytes"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = True

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write the bytes."""
        if type(value) is not bytes:
            raise UnsuitableError("only bytes itself comes back as what it was")
        file.write(value)
        return {"length": len(value), "preview": value[:64].hex()}

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the bytes."""
        del metadata, annotation
        return file.read()
