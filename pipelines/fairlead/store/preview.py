"""What a page shows of an artifact without loading it."""

from __future__ import annotations

import base64

from pydantic import JsonValue

from fairlead.store.content import open_verified
from fairlead.store.objects import ObjectStore
from fairlead.store.records import ArtifactRecord

#: Bytes up to which a picture is put into a page.
_IMAGE_LIMIT = 1 << 20


def preview(objects: ObjectStore, record: ArtifactRecord) -> dict[str, JsonValue]:
    """Return a text, a table, an image or nothing; see ``Artifacts.preview``."""
    known = {key: value for key, value in record.metadata.items() if key != "preview"}
    shown = record.metadata.get("preview")
    base: dict[str, JsonValue] = {"type": record.type, "size": record.size, "metadata": known}
    media_type = record.metadata.get("media_type")
    if isinstance(media_type, str) and record.size <= _IMAGE_LIMIT:
        with open_verified(objects, record.path, record.digest, record.size) as file:
            content = base64.b64encode(file.read()).decode()
        return {**base, "kind": "image", "media_type": media_type, "base64": content}
    if isinstance(shown, dict) and "columns" in shown:
        return {**base, "kind": "table", "columns": shown["columns"], "rows": shown["rows"]}
    if isinstance(shown, list):
        return {**base, "kind": "text", "text": "\n".join(str(item) for item in shown)}
    if isinstance(shown, str):
        return {**base, "kind": "text", "text": shown}
    return {**base, "kind": "none"}
