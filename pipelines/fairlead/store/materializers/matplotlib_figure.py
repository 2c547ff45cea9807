"""matplotlib figures as PNG: a picture to look at; it comes back as its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

from pydantic import JsonValue


class MatplotlibFigure:
    """Store ``matplotlib.figure.Figure`` as a picture of 150 dots per inch.

    Loading returns the PNG's bytes: a figure's drawing commands are not kept.
    """

    name: ClassVar[str] = "matplotlib"
    version: ClassVar[int] = 1
    deterministic: ClassVar[bool] = True
    executes_code_on_load: ClassVar[bool] = False
    streams: ClassVar[bool] = True

    def write(self, value: Any, file: BinaryIO) -> dict[str, JsonValue]:
        """Draw the figure, without the program's name and version in the file."""
        value.savefig(file, format="png", dpi=150, metadata={"Software": None})
        width, height = value.get_size_inches()
        return {"media_type": "image/png", "inches": [float(width), float(height)]}

    def read(self, file: BinaryIO, metadata: Mapping[str, JsonValue], annotation: Any) -> Any:
        """Return the PNG's bytes."""
        del metadata, annotation
        return file.read()
