"""NumPy arrays and scalars as .npy, moved in place: no second copy in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.store.content import CHUNK
from fairlead.store.materializers.base import UnsuitableError

_PREVIEW = 8
_HEADER = 1 << 20


class NumpyArray:
    """Store ``numpy.ndarray`` and NumPy scalars.

    Source:
        https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """

    name: ClassVar[str] = "numpy"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = True

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write an array in its memory order."""
        import numpy as np

        scalar = isinstance(value, np.generic)
        if not scalar and type(value) is not np.ndarray:
            raise UnsuitableError("subclasses of ndarray carry more than .npy holds")
        array = np.asarray(value)
        if array.dtype.hasobject or not _restorable(array.dtype):
            raise UnsuitableError(f"dtype {array.dtype} holds Python objects or metadata")
        file.write(_header_of(array))
        file.writelines(_bytes_of(array))
        flat = array.ravel(order="K")[:_PREVIEW] if array.flags.forc else array.flat[:_PREVIEW]
        return {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "scalar": scalar,
            "preview": [str(item) for item in flat],
        }

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Read straight into the array's memory."""
        del annotation
        import numpy as np

        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = read(file, max_header_size=_HEADER)
        if list(shape) != metadata.get("shape"):
            raise ValueError(f"the header's shape {shape} is not the recorded one")
        array = np.empty(shape, dtype, order="F" if fortran else "C")
        if array.size:
            flat: Any = array.reshape(-1, order="F" if fortran else "C").view(np.uint8)
            memory = memoryview(flat)
            position = 0
            while position < len(memory):
                count = file.readinto(memory[position : position + CHUNK])  # type: ignore[attr-defined]
                if not count:
                    raise ValueError("the content ends before the array does")
                position += count
        return array[()] if metadata.get("scalar") else array


def _restorable(dtype: Any) -> bool:
    import numpy as np

    descr = np.lib.format.dtype_to_descr(dtype)
    return bool(np.lib.format.descr_to_dtype(descr) == dtype) and dtype.metadata is None


def _header_of(array: Any) -> bytes:
    import numpy as np

    header = io.BytesIO()
    description = np.lib.format.header_data_from_array_1_0(array)
    try:
        np.lib.format.write_array_header_1_0(header, description)
    except UnicodeEncodeError:
        raise UnsuitableError("field names outside Latin-1") from None
    except ValueError:  # more than 64 KiB of fields
        header = io.BytesIO()
        np.lib.format.write_array_header_2_0(header, description)
    return header.getvalue()


def _bytes_of(array: Any) -> Iterator[memoryview | bytes]:
    """Yield an array's memory in pieces, without copying all of it."""
    import numpy as np

    if array.flags.c_contiguous or array.flags.f_contiguous:
        if array.size:
            flat = array.reshape(-1, order="C" if array.flags.c_contiguous else "F")
            memory = memoryview(flat.view(np.uint8))
            for start in range(0, len(memory), CHUNK):
                yield memory[start : start + CHUNK]
        return
    pieces = np.nditer(
        array,
        flags=["external_loop", "buffered", "zerosize_ok"],
        buffersize=max(1, CHUNK // max(1, array.itemsize)),
        order="C",
    )
    piece: Any
    for piece in pieces:
        yield piece.tobytes("C")
