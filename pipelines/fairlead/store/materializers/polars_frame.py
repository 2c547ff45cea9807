"""Polars frames and series as Parquet, which keeps nothing where a value is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.store.materializers.base import UnsuitableError

_ROWS = 5
_COLUMNS = 20
_CELL = 60


class PolarsFrame:
    """Store ``polars.DataFrame`` and ``polars.Series``."""

    name: ClassVar[str] = "polars"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = False

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write a frame, or a series as a frame of one column."""
        import polars as pl

        kind = "series" if type(value) is pl.Series else "frame"
        if kind == "frame" and type(value) is not pl.DataFrame:
            raise UnsuitableError("only DataFrame and Series themselves come back as they were")
        frame = value.to_frame() if kind == "series" else value
        if any(_holds_objects(dtype) for dtype in frame.dtypes):
            raise UnsuitableError("columns of dtype Object hold Python objects")
        frame.rechunk().write_parquet(file, compression="zstd")
        head = frame[:_ROWS, :_COLUMNS]
        rows: list[JsonValue] = [[str(cell)[:_CELL] for cell in row] for row in head.rows()]
        return {
            "kind": kind,
            "shape": list(value.shape),
            "schema": {name: str(dtype) for name, dtype in frame.schema.items()},
            "preview": {"columns": list(head.columns), "rows": rows},
        }

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the frame or series."""
        del annotation
        import polars as pl

        frame = pl.read_parquet(file)
        return frame.to_series() if metadata.get("kind") == "series" else frame


def _holds_objects(dtype: Any) -> bool:
    return "Object" in str(dtype)
