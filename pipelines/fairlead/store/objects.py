"""The one way to touch the bytes of an artifact store.

No object is ever overwritten and nothing is both a key and a prefix. ``put_new`` is the only write:
among any number of writers of one path exactly one creates it, on every store, also when answers
get lost on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from fairlead.errors import StoreError, UnknownFlavorError

#: An empty, ``.`` or ``..`` segment (also before the first and after the last slash), or NUL.
_UNSAFE = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|\x00")

#: Folder of the local store that spooled files lie in; no object may.
SPOOL_FOLDER = ".spool"


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """Tell of one entry of a listing.

    Attributes:
        path: Relative to the store's root; ends with ``/`` for a folder.
        size: Bytes; 0 for a folder.
    """

    path: str
    size: int


class SpooledFile(Protocol):
    """Collect content of unknown size before it is put once; nothing of it is in the store yet.

    Attributes:
        file: A binary file, open for writing and reading.
        path: What ``put_new`` takes.
    """

    @property
    def file(self) -> BinaryIO:
        """Return the open file."""
        ...

    @property
    def path(self) -> Path:
        """Return the path to hand to ``put_new``."""
        ...


@runtime_checkable
class ObjectStore(Protocol):
    """Keep immutable objects under relative paths below one root.

    Every method raises ``StoreError`` with what failed, where, and the fix; a path that leaves the
    root is refused by all of them. Instances may be used by several threads and after a fork, and
    they pickle.
    """

    @property
    def url(self) -> str:
        """Return the root, without a slash at its end."""
        ...

    def get(self, path: str) -> bytes:
        """Return an object's content; raise ``ObjectNotFoundError`` where there is none."""
        ...

    def put_new(self, path: str, content: bytes | Path, *, durable: bool = True) -> bool:
        """Create an object if it does not exist; it is durable when this returns.

        Args:
            path: Where, relative to the root.
            content: The bytes, or a file with them. A file of ``spool()`` is consumed, any other
                is copied.
            durable: False for what only saves work: a power failure soon after may leave it
                missing or empty. A store may keep it at once all the same.

        Returns:
            True if this call created it, False if it existed. A store that may lose answers
            compares bytes to know, so content that has to tell its writers apart carries a token.
        """
        ...

    def exists(self, path: str) -> bool:
        """Return whether there is an object at ``path``; a folder is none."""
        ...

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[ObjectInfo]:
        """Yield what lies below a folder, sorted by path; nothing where there is no such folder.

        Args:
            prefix: A folder's path without a slash at its end; empty for the root.
            recursive: Whether to yield all objects below it, or its objects and its folders.
        """
        ...

    def delete(self, path: str) -> None:
        """Remove an object; removing what is not there is no error."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Open an object for streaming reads; raise ``ObjectNotFoundError`` if there is none."""
        ...

    def spool(self) -> AbstractContextManager[SpooledFile]:
        """Open a temporary file from which ``put_new`` is cheapest."""
        ...


def check_path(path: str) -> str:
    """Return a path if it is one of an object below the root.

    Args:
        path: Relative, with ``/`` between segments.

    Raises:
        StoreError: It is empty, absolute, has an empty, ``.`` or ``..`` segment, or is reserved.

    Example:
        >>> check_path("runs/20260102/run.json")
        'runs/20260102/run.json'
    """
    if _UNSAFE.search(path) or path.startswith(f"{SPOOL_FOLDER}/"):
        raise StoreError(
            f"{path!r} is not the path of an object: it must be relative to the store's root, "
            "without empty, '.' or '..' segments."
        )
    return path


def check_prefix(prefix: str) -> str:
    """Return a folder's path if it is below the root, or the root itself (empty).

    Raises:
        StoreError: See ``check_path``.

    Example:
        >>> check_prefix("")
        ''
    """
    return check_path(prefix) if prefix else prefix


def open_objects(url: str) -> ObjectStore:
    """Open the store at a URL; nothing is read or written yet.

    What is not in the URL (credentials, endpoints, regions) comes from each backend's standard
    environment variables, so that the URL alone is enough inside a container.

    Args:
        url: ``file:///folder``, ``s3://bucket/prefix``, ``gs://bucket/prefix``,
            ``abfs://container@account.dfs.core.windows.net/prefix``, any other scheme of fsspec, or
            one that an installed package adds (entry point group ``fairlead.stores``: scheme →
            factory of the URL).

    Raises:
        StoreError: It is not a URL, or nothing installed knows its scheme.
        MissingExtraError: The scheme needs an extra that is not installed.

    Example:
        >>> open_objects("file:///tmp/store").url
        'file:///tmp/store'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or not rest.strip("/"):
        raise StoreError(
            f"{url!r} is not the URL of an artifact store: write it as file:///folder, "
            "s3://bucket/prefix, gs://bucket/prefix or abfs://container@account…/prefix."
        )
    if scheme in {"file", "local"}:
        from fairlead.store.local_objects import LocalObjects

        return LocalObjects(url)
    from fairlead.registry import load

    try:
        factory = load("fairlead.stores", scheme)
    except UnknownFlavorError:
        from fairlead.store.remote_objects import RemoteObjects

        return RemoteObjects(url)
    objects: ObjectStore = factory(url)
    return objects
