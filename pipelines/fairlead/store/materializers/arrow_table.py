"""PyArrow tables as Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.store.materializers.base import UnsuitableError

_ROWS = 5
_COLUMNS = 20
_CELL = 60


class ArrowTable:
    """Store ``pyarrow.Table``, with its schema and the schema's metadata.

    Tables with equal rows in different chunks give equal bytes: chunks are joined first.
    """

    name: ClassVar[str] = "arrow"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = False

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write a table."""
        import pyarrow as pa

        if type(value) is not pa.Table:
            raise UnsuitableError("only pyarrow.Table itself comes back as what it was")
        return write_parquet(value, file)

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the table."""
        del metadata, annotation
        return read_parquet(file)


def write_parquet(table: Any, file: BinaryIO) -> dict[str, JsonValue]:
    """Write a table whose types Parquet and the Arrow schema beside it restore.

    Raises:
        UnsuitableError: It has a column of a type that Parquet cannot hold, or repeated names.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if len(set(table.column_names)) != table.num_columns:
        raise UnsuitableError("Parquet cannot hold columns of the same name: rename them")
    try:
        joined = table.combine_chunks()
        # The compliant name of a list's items, "element", would replace the table's own.
        pq.write_table(joined, file, compression="zstd", use_compliant_nested_type=False)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UnsuitableError(f"Parquet cannot hold it ({error})") from None
    return {
        "shape": [table.num_rows, table.num_columns],
        "schema": {field.name: str(field.type) for field in table.schema},
        "preview": preview(table),
    }


def read_parquet(file: BinaryIO) -> Any:
    """Return the table that a file holds."""
    import pyarrow.parquet as pq

    return pq.read_table(file, use_threads=False, partitioning=None)


def preview(table: Any) -> dict[str, JsonValue]:
    """Return the first rows of the first columns as text."""
    shown = table.select(list(range(min(_COLUMNS, table.num_columns)))).slice(0, _ROWS)
    columns = [[str(item)[:_CELL] for item in column.to_pylist()] for column in shown.columns]
    rows: list[JsonValue] = [list(row) for row in zip(*columns, strict=True)]
    return {"columns": list(shown.column_names), "rows": rows}
