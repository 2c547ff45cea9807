"""pandas frames and series as Parquet, checked to come back as they were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.errors import ParameterError
from fairlead.store.materializers.arrow_table import read_parquet, write_parquet
from fairlead.store.materializers.base import UnsuitableError
from fairlead.store.materializers.pandas_columns import (
    pack_column,
    pack_labels,
    unpack_column,
    unpack_labels,
)

_ROWS = 5
_COLUMNS = 20
_CELL = 60
#: Key of the schema's metadata that says how the columns become the frame again.
_KEY = b"fairlead"


class PandasFrame:
    """Store ``pandas.DataFrame`` and ``pandas.Series`` with index, dtypes, names and ``attrs``.

    Columns are named by position, index levels are columns behind them. What Parquet cannot hold
    goes to the next materializer, and the reason is told: columns of objects other than text,
    numbers, bytes, dates and decimals of one type; complex numbers; sparse arrays; labels and
    ``attrs`` that are no plain values. Equal frames give equal bytes, however they were made.
    """

    name: ClassVar[str] = "pandas"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = False

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write a frame, or a series as a frame of one column."""
        try:
            import pyarrow as pa
        except ImportError:
            raise UnsuitableError("pyarrow is not installed: install it to store Parquet") from None
        import pandas as pd

        from fairlead.values import encode

        if type(value) not in {pd.DataFrame, pd.Series}:
            raise UnsuitableError("only DataFrame and Series themselves come back as they were")
        series = type(value) is pd.Series
        columns = [value] if series else [value.iloc[:, at] for at in range(value.shape[1])]
        try:
            note: dict[str, Any] = {
                "kind": "series" if series else "frame",
                "rows": len(value),
                "labels": encode(value.name) if series else pack_labels(value.columns),
                "index": _index_note(value.index),
                "attrs": encode(value.attrs),
            }
        except ParameterError as error:
            raise UnsuitableError(f"its labels or attrs are no plain values ({error})") from None
        levels = [] if note["index"]["range"] else _levels(value.index)
        arrays, packed = [], []
        for at, column in enumerate([*columns, *levels]):
            array, how = pack_column(column, at)
            arrays.append(array)
            packed.append(how)
        note["columns"] = packed
        _check_index(value.index, arrays[len(columns) :], note["index"], packed[len(columns) :])
        table = pa.table(arrays, names=[str(at) for at in range(len(arrays))])
        metadata = {_KEY: json.dumps(note, sort_keys=True).encode()}
        write_parquet(table.replace_schema_metadata(metadata), file)
        return _describe(value, columns, series=series)

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the frame or series."""
        del metadata, annotation
        import pandas as pd

        from fairlead.values import decode

        table = read_parquet(file)
        note = json.loads(table.schema.metadata[_KEY])
        restored = [unpack_column(table.column(at), how) for at, how in enumerate(note["columns"])]
        count = len(restored) if note["index"]["range"] else -note["index"]["levels"]
        values = restored if note["index"]["range"] else restored[:count]
        index = _index(note["index"], restored[len(values) :])
        value: Any
        if note["kind"] == "series":
            name = decode(note["labels"])
            value = pd.Series(values[0], index=index, dtype=values[0].dtype, name=name, copy=False)
        else:
            # An explicit dtype: pandas would guess that of objects anew.
            columns = {
                at: pd.Series(array, index=index, dtype=array.dtype, copy=False)
                for at, array in enumerate(values)
            }
            value = pd.DataFrame(columns, index=index, copy=False)
            value.columns = unpack_labels(note["labels"])
        value.attrs = decode(note["attrs"])
        return value


def _index_note(index: Any) -> dict[str, Any]:
    import pandas as pd

    from fairlead.values import encode

    return {
        "names": encode(list(index.names)),
        "levels": index.nlevels,
        "multi": isinstance(index, pd.MultiIndex),
        "range": [index.start, index.stop, index.step]
        if isinstance(index, pd.RangeIndex)
        else None,
        "frequency": index.freqstr
        if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex)
        else None,
    }


def _levels(index: Any) -> list[Any]:
    import pandas as pd

    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    return [pd.Series(level.array, dtype=level.dtype, copy=False) for level in levels]


def _index(note: dict[str, Any], levels: list[Any]) -> Any:
    import pandas as pd

    from fairlead.values import decode

    names = decode(note["names"])
    if note["range"]:
        start, stop, step = note["range"]
        return pd.RangeIndex(start, stop, step, name=names[0])
    if note["multi"]:
        return pd.MultiIndex.from_arrays(levels, names=names)
    index: Any = pd.Index(levels[0], name=names[0], dtype=levels[0].dtype, copy=False)
    if note["frequency"] and isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        index = type(index)(index, freq=note["frequency"], name=names[0])
    return index


def _check_index(index: Any, arrays: list[Any], note: dict[str, Any], packed: list[Any]) -> None:
    """Make sure, on a few rows, that the index comes back with its types."""
    few = [
        unpack_column(array.slice(0, _ROWS), how) for array, how in zip(arrays, packed, strict=True)
    ]
    restored = _index({**note, "frequency": None}, few)
    same = type(restored) is type(index) and restored.dtype == index.dtype
    if same and note["multi"]:
        same = list(restored.dtypes) == list(index[:_ROWS].dtypes)
    if not same:
        raise UnsuitableError(f"its index ({type(index).__name__}) would come back as another")


def _describe(value: Any, columns: list[Any], *, series: bool) -> dict[str, JsonValue]:
    names = [str(value.name)] if series else [str(name) for name in value.columns]
    head = value.iloc[:_ROWS].to_frame() if series else value.iloc[:_ROWS, :_COLUMNS]
    rows: list[JsonValue] = [
        [str(cell)[:_CELL] for cell in row] for row in head.itertuples(index=True, name=None)
    ]
    index = "/".join("" if name is None else str(name) for name in value.index.names)
    return {
        "kind": "series" if series else "frame",
        "shape": list(value.shape),
        "schema": {name: str(column.dtype) for name, column in zip(names, columns, strict=True)},
        "preview": {"columns": [index, *names[:_COLUMNS]], "rows": rows},
    }
