"""Whatever nothing else stores, by cloudpickle; loading it executes code."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue

from fairlead.scripts import name_main
from fairlead.store.materializers.base import UnsuitableError
from fairlead.store.materializers.json_value import repr_short

_PROTOCOL = 5


class Pickled:
    """Store any picklable value.

    Equal values may give different bytes: pickle tells shared from equal objects, and sets have no
    order.
    """

    name: ClassVar[str] = "pickle"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = False
    executes_code_on_load: ClassVar[bool] = True
    streams: ClassVar[bool] = False

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write a value with a protocol that every supported Python reads."""
        import cloudpickle

        try:
            cloudpickle.dump(value, file, protocol=_PROTOCOL)
        except OSError:
            raise
        except Exception as error:
            # Whatever __reduce__ and __getstate__ of the user's types raise.
            raise UnsuitableError(f"it cannot be pickled ({error})") from error
        metadata: dict[str, JsonValue] = {"protocol": _PROTOCOL}
        if isinstance(value, list | tuple | dict | set | str):
            metadata["length"] = len(value)
            metadata["preview"] = repr_short(value)
        return metadata

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the value."""
        del metadata, annotation
        name_main()  # a worker knows the classes of a script by the name of its file
        return pickle.load(file)  # noqa: S301 - refused before where the store does not allow it
