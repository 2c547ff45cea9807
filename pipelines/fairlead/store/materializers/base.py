"""What a materializer is: how values of one type become the bytes of one object and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar, Protocol, runtime_checkable

from pydantic import JsonValue

from fairlead.errors import FairleadError


class UnsuitableError(FairleadError, TypeError):
    """Say that a materializer does not store a particular value, so that the next is asked."""


@runtime_checkable
class Materializer(Protocol):
    """Store values of a type; third parties add theirs with an entry point.

    The entry point's group is ``fairlead.materializers``, its name the full name of the type
    (``geopandas.geodataframe.GeoDataFrame``), its value a class that is constructed without
    arguments. Subclasses of the type are offered to it too.

    Attributes:
        name: Recorded with every artifact; whoever reads it finds the materializer by it.
        version: Counts up when what is written changes; part of every cache key.
        deterministic: Whether equal values give equal bytes.
        executes_code_on_load: Whether reading may run code that the artifact brings. Such content
            is verified before it is read and refused where ``allow_pickle`` is false.
        streams: Whether ``read`` takes the content as it comes (no seeking, nothing executed),
            verified only when it ends; otherwise it gets a verified, seekable file.

    Example:
        >>> from fairlead.store.materializers import by_name
        >>> isinstance(by_name("numpy"), Materializer)
        True
    """

    name: ClassVar[str]
    version: ClassVar[int]
    deterministic: ClassVar[bool]
    executes_code_on_load: ClassVar[bool]
    streams: ClassVar[bool]

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Write a value and return what is known of it: shape, schema, length, a preview.

        Raises:
            UnsuitableError: This value needs another materializer; the message says why.
        """
        ...

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the value.

        Args:
            file: The content.
            metadata: What ``write`` returned.
            annotation: The type that the reader declares; None if it declares none.
        """
        ...
