"""One column of pandas as one of Arrow, and back with the same dtype and the same items."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from fairlead.errors import ParameterError
from fairlead.store.materializers.base import UnsuitableError

#: Types of which an object column may hold one, beside missing values.
_ITEMS = {str, bytes, bool, int, float, dt.date}


def pack_column(column: Any, at: int) -> tuple[Any, dict[str, Any]]:
    """Return an Arrow array and how to read it.

    Args:
        column: A ``pandas.Series``.
        at: Its position, for the error.

    Raises:
        UnsuitableError: It would not come back as it is.
    """
    import pandas as pd
    import pyarrow as pa

    dtype = column.dtype
    try:
        if isinstance(dtype, pd.CategoricalDtype):
            labels = pack_labels(dtype.categories)
            how = {"as": "categories", "labels": labels, "ordered": bool(dtype.ordered)}
            return pa.array(column.cat.codes.to_numpy()), how
        if dtype.kind == "O" and _is_numpy(dtype):
            return _pack_objects(column)
        # NumPy's NaN stays a number: only extension dtypes know of missing values.
        array = pa.array(column.to_numpy() if _is_numpy(dtype) else column.array)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        how = {"as": "dtype", "dtype": str(dtype)}
        found = unpack_column(array.slice(0, 0), how).dtype
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError, ParameterError) as error:
        raise UnsuitableError(f"column {at} ({dtype}): Parquet cannot hold it ({error})") from None
    if found != dtype:
        raise UnsuitableError(f"column {at}: dtype {dtype} would come back as {found}")
    return array, how


def unpack_column(array: Any, how: dict[str, Any]) -> Any:
    """Return the column as an array of pandas or NumPy."""
    import numpy as np
    import pandas as pd

    if how["as"] == "categories":
        kind = pd.CategoricalDtype(unpack_labels(how["labels"]), ordered=how["ordered"])
        return pd.Categorical.from_codes(_to_numpy(array), dtype=kind)
    if how["as"] == "objects":
        items = np.empty(len(array), dtype=object)
        items[:] = array.to_pylist()
        if how["missing"] == "nan":
            items[_to_numpy(array.is_null())] = float("nan")
        return items
    dtype: Any = pd.api.types.pandas_dtype(how["dtype"])
    if _is_numpy(dtype):
        return _to_numpy(array).astype(dtype, copy=False)
    if not hasattr(dtype, "__from_arrow__"):
        raise TypeError(f"{dtype} cannot be made from Arrow")
    return dtype.__from_arrow__(array)


def pack_labels(labels: Any) -> dict[str, Any]:
    """Describe the few labels of an index, or categories, as plain values.

    Raises:
        UnsuitableError: They would not come back as they are.
        ParameterError: They are no plain values.
    """
    import pandas as pd

    from fairlead.values import encode

    packed: dict[str, Any]
    if isinstance(labels, pd.RangeIndex):
        packed = {"range": [labels.start, labels.stop, labels.step]}
    elif isinstance(labels, pd.IntervalIndex):
        ends = {"left": pack_labels(labels.left), "right": pack_labels(labels.right)}
        packed = {"interval": labels.closed, **ends}
    else:
        packed = {"values": encode(labels.tolist()), "dtype": str(labels.dtype)}
    packed["names"] = encode(list(labels.names))
    restored = unpack_labels(packed)
    same = type(restored) is type(labels) and restored.dtype == labels.dtype
    if not same or not all(type(a) is type(b) for a, b in zip(restored, labels, strict=True)):
        raise UnsuitableError(f"its labels ({type(labels).__name__}) are no plain values")
    if not restored.equals(labels):
        raise UnsuitableError("its labels would not come back equal")
    return packed


def unpack_labels(packed: dict[str, Any]) -> Any:
    """Return the labels as an index."""
    import pandas as pd

    from fairlead.values import decode

    names = decode(packed["names"])
    if "range" in packed:
        start, stop, step = packed["range"]
        return pd.RangeIndex(start, stop, step, name=names[0])
    if "interval" in packed:
        ends = (unpack_labels(packed["left"]), unpack_labels(packed["right"]))
        return pd.IntervalIndex.from_arrays(*ends, closed=packed["interval"], name=names[0])
    values = decode(packed["values"])
    if len(names) > 1:
        return pd.MultiIndex.from_tuples(values, names=names)
    return pd.Index(values, dtype=packed["dtype"], name=names[0], tupleize_cols=False)


def _is_numpy(dtype: Any) -> bool:
    import numpy as np

    return isinstance(dtype, np.dtype)


def _to_numpy(array: Any) -> Any:
    return array.to_numpy() if hasattr(array, "chunks") else array.to_numpy(zero_copy_only=False)


def _pack_objects(column: Any) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa

    items = column.tolist()
    kinds = {type(item) for item in items}
    nothing = type(None) in kinds
    floats = [math.isnan(item) for item in items if type(item) is float]
    numbers, nan = not all(floats), any(floats)
    kinds -= {type(None)} if numbers else {type(None), float}
    if (nothing and nan) or len(kinds) > 1 or not kinds <= _ITEMS:
        held = sorted(kind.__name__ for kind in kinds) + ["None"] * nothing + ["NaN"] * nan
        raise UnsuitableError(f"a column of objects holds {', '.join(held)}")
    known = [None if type(item) is float and math.isnan(item) else item for item in items]
    return pa.array(known if nan else items), {"as": "objects", "missing": "nan" if nan else "none"}
