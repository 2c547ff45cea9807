"""Artifacts of many objects: lists stored by element, files and directory trees.

Each object is content-addressed beside its manifest, which is JSON in a fixed order, so that equal
lists and equal trees have equal digests.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from pydantic import JsonValue

from fairlead.errors import IntegrityError, MaterializerError
from fairlead.store.content import (
    CHUNK,
    ContentWriter,
    fetch_verified,
    open_verified,
)
from fairlead.store.materializers import COMPOSITES, known_type
from fairlead.store.materializers.base import UnsuitableError
from fairlead.store.objects import ObjectStore
from fairlead.store.records import ArtifactRecord

_PREVIEW = 20
_DEPTH = 50
_CONNECTIONS = 16
_KINDS: dict[str, type] = {"list": list, "tuple": tuple, "dict": dict}


def each(objects: ObjectStore, call: Callable[..., Any], *items: Sequence[Any]) -> list[Any]:
    """Return ``call`` of each item, in order; where answers take a network's time, side by side."""
    if objects.url.startswith("file:") or len(items[0]) <= 1:
        return [call(*item) for item in zip(*items, strict=True)]
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        return list(pool.map(call, *items))


def holds_paths(value: Any) -> bool:
    """Return whether a list, tuple or dict holds paths, whose files must be stored with it."""
    if type(value) is dict:
        return any(isinstance(item, PurePath) for item in value.values())
    return type(value) in {list, tuple} and any(isinstance(item, PurePath) for item in value)


def save_list(
    objects: ObjectStore, value: Any, folder: str, save: Callable[[Any, str], ArtifactRecord]
) -> ArtifactRecord:
    """Store a list, tuple or dict with text keys as one artifact for each element.

    Args:
        objects: The store.
        value: The container.
        folder: Where its objects lie.
        save: Stores an element; takes it and its place, as ``[0]``, for errors.

    Raises:
        UnsuitableError: Keys are not text, or no element needs an object of its own.
    """
    kind = type(value)
    keys: list[str] | None = None
    if kind is dict:
        if not all(type(key) is str for key in value):
            raise UnsuitableError("keys of a dict that is stored by element must be text")
        keys = list(value)
    items = list(value.values()) if kind is dict else list(value)
    if not any(known_type(type(item)) or type(item) in _KINDS.values() for item in items):
        raise UnsuitableError("no element of it has a form of its own")
    _check_finite(value, frozenset())
    places = [f"[{key}]" for key in (keys or range(len(items)))]
    records = each(objects, save, items, places)
    manifest = {
        "kind": kind.__name__,
        "keys": keys,
        "items": [record.model_dump(mode="json") for record in records],
    }
    size = sum(record.size for record in records)
    kinds = sorted({record.type for record in records})
    metadata: dict[str, JsonValue] = {
        "length": len(records),
        "element_types": list[JsonValue](kinds),
    }
    return _put_manifest(objects, manifest, folder, "list", "list", size, kind.__name__, metadata)


def _check_finite(value: Any, inside: frozenset[int]) -> None:
    if type(value) not in _KINDS.values():
        return
    if id(value) in inside or len(inside) > _DEPTH:
        raise UnsuitableError(f"it contains itself, or lists nested deeper than {_DEPTH}")
    for item in value.values() if type(value) is dict else value:
        _check_finite(item, inside | {id(value)})


def list_elements(objects: ObjectStore, record: ArtifactRecord) -> list[ArtifactRecord]:
    """Return the records of a list's elements."""
    return [ArtifactRecord.model_validate(item) for item in _manifest(objects, record)["items"]]


def load_list(
    objects: ObjectStore, record: ArtifactRecord, load: Callable[[ArtifactRecord], Any]
) -> Any:
    """Return the container; ``load`` returns an element."""
    manifest = _manifest(objects, record)
    items = each(objects, load, [ArtifactRecord.model_validate(item) for item in manifest["items"]])
    if manifest["kind"] == "dict":
        return dict(zip(manifest["keys"], items, strict=True))
    return tuple(items) if manifest["kind"] == "tuple" else items


def save_path(objects: ObjectStore, value: Path, folder: str, where: str) -> ArtifactRecord:
    """Store the file or the directory tree at a path.

    Raises:
        MaterializerError: There is nothing, or something in it is neither file nor folder.
    """
    path = Path(value)
    if path.is_dir():
        entries = list(_tree(path, where))
        stored = each(objects, lambda entry: _save_entry(objects, path, entry, folder), entries)
        size = sum(int(entry["size"]) for entry in stored)
        names = [str(entry["path"]) for entry in stored]
        metadata: dict[str, JsonValue] = {
            "name": path.resolve().name,
            "length": len(names),
            "preview": list[JsonValue](names[:_PREVIEW]),
        }
        manifest = {"entries": stored}
        kind = "pathlib.Path"
        return _put_manifest(objects, manifest, folder, "tree", "path", size, kind, metadata)
    if not path.is_file():
        raise MaterializerError(
            f"{where}: the step returned the path {str(value)!r}, where there is no file or folder "
            "when it ends: write it before returning, or return str(path) if only the text counts."
        )
    content = _put_file(objects, path, folder)
    return ArtifactRecord(
        digest=f"sha256:{content['sha256']}",
        path=f"{folder}/{content['sha256']}",
        size=content["size"],
        materializer="path",
        materializer_version=COMPOSITES["path"],
        type="pathlib.Path",
        metadata={"name": path.name, "executable": content["executable"]},
    )


def load_path(objects: ObjectStore, record: ArtifactRecord, into: Path | None) -> Path:
    """Write a stored file or tree below a folder and return its path."""
    name = PurePosixPath(str(record.metadata.get("name") or "artifact")).name or "artifact"
    if into is None:
        base = Path(tempfile.mkdtemp(prefix="fairlead-"))
        atexit.register(shutil.rmtree, base, ignore_errors=True)
    else:
        into.mkdir(parents=True, exist_ok=True)
        base = Path(tempfile.mkdtemp(prefix="artifact-", dir=into))
    target = base / name
    folder = record.path.rpartition("/")[0]
    if record.form == "file":
        fetch_verified(objects, record.path, record.digest, record.size, target)
        if record.metadata.get("executable"):
            target.chmod(0o755)
        return target
    target.mkdir()
    entries = _manifest(objects, record)["entries"]
    for entry in entries:
        relative = PurePosixPath(entry["path"])
        if relative.is_absolute() or ".." in relative.parts:
            raise IntegrityError(f"{record.path}: its entry {entry['path']!r} leaves the tree.")
    each(objects, lambda entry: _load_entry(objects, entry, folder, target), entries)
    return target


def _load_entry(objects: ObjectStore, entry: dict[str, Any], folder: str, target: Path) -> None:
    place = target / entry["path"]
    if entry["sha256"] is None:
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    digest = entry["sha256"]
    fetch_verified(objects, f"{folder}/{digest}", f"sha256:{digest}", entry["size"], place)
    if entry["executable"]:
        place.chmod(0o755)


def tree_paths(objects: ObjectStore, record: ArtifactRecord) -> list[str]:
    """Return where the files of a stored tree lie."""
    folder = record.path.rpartition("/")[0]
    entries = _manifest(objects, record)["entries"]
    return [f"{folder}/{entry['sha256']}" for entry in entries if entry["sha256"] is not None]


def _tree(root: Path, where: str) -> Iterator[str]:
    """Yield files and empty folders (with a slash) below a folder, sorted."""
    found = []
    for folder, folders, files in os.walk(root, onerror=partial(_unreadable, where)):
        relative = PurePosixPath(Path(folder).relative_to(root).as_posix())
        for name in folders:
            if (Path(folder) / name).is_symlink():
                raise MaterializerError(
                    f"{where}: {Path(folder) / name} is a link to a folder, which a stored tree "
                    "cannot hold: copy the folder, or leave it out."
                )
        found += [str(relative / name) for name in files]
        if not folders and not files and Path(folder) != root:
            found.append(f"{relative}/")
    for path in sorted(found):
        if not path.endswith("/") and not stat.S_ISREG((root / path).stat().st_mode):
            raise MaterializerError(
                f"{where}: {root / path} is no regular file (a socket, pipe or device): remove it."
            )
        yield path


def _unreadable(where: str, error: OSError) -> None:
    raise MaterializerError(f"{where}: cannot read {error.filename}: {error.strerror}.") from error


def _save_entry(objects: ObjectStore, root: Path, entry: str, folder: str) -> dict[str, Any]:
    if entry.endswith("/"):
        return {"path": entry, "size": 0, "sha256": None, "executable": False}
    return {"path": entry, **_put_file(objects, root / entry, folder)}


def _put_file(objects: ObjectStore, path: Path, folder: str) -> dict[str, Any]:
    with ContentWriter(objects) as writer, path.open("rb") as file:
        while chunk := file.read(CHUNK):
            writer.write(chunk)
        writer.put(folder)
        executable = bool(os.fstat(file.fileno()).st_mode & stat.S_IXUSR)
        digest = writer.digest.removeprefix("sha256:")
        return {"size": writer.size, "sha256": digest, "executable": executable}


def _put_manifest(  # noqa: PLR0917
    objects: ObjectStore,
    manifest: dict[str, Any],
    folder: str,
    form: Any,
    materializer: str,
    size: int,
    kind: str,
    metadata: dict[str, JsonValue],
) -> ArtifactRecord:
    with ContentWriter(objects) as writer:
        writer.write(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode())
        return ArtifactRecord(
            digest=writer.digest,
            path=writer.put(folder),
            form=form,
            size=size + writer.size,
            materializer=materializer,
            materializer_version=COMPOSITES[materializer],
            type=kind,
            metadata={**metadata, "manifest_size": writer.size},
        )


def _manifest(objects: ObjectStore, record: ArtifactRecord) -> dict[str, Any]:
    with open_verified(objects, record.path, record.digest, 0) as file:
        document: dict[str, Any] = json.load(file)
    return document
