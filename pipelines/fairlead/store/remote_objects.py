"""Objects of a bucket or container, through fsspec.

Every store behind this module can create an object only if there is none, in one request (S3:
``If-None-Match``, GCS: generation 0, Azure: ``If-None-Match`` on the blob or its list of blocks),
and when a large file is completed after its parts were sent. When an answer gets lost, the client's
own retry is told that the object exists; then the bytes decide whether it was us who created it.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from fairlead.errors import FairleadError, MissingExtraError, ObjectNotFoundError, StoreError
from fairlead.store.objects import ObjectInfo, check_path, check_prefix
from fairlead.store.remote_errors import is_absent, is_definite, is_denied, is_transient

if TYPE_CHECKING:
    from typing_extensions import Buffer  # collections.abc has it from Python 3.12 on

_ATTEMPTS = 5
_PART = 16 << 20
_EXTRAS = {
    "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs",
    "abfs": "azure-blob", "abfss": "azure-blob", "az": "azure-blob",
}  # fmt: skip
_CREDENTIALS = {
    "s3": "AWS_PROFILE, AWS_ACCESS_KEY_ID, or the role of this machine",
    "gcs": "`gcloud auth application-default login`, or the service account of this machine",
    "azure-blob": "`az login`, AZURE_STORAGE_CONNECTION_STRING, or the identity of this machine",
}


class RemoteObjects:
    """Keep objects in a bucket; see ``ObjectStore``.

    Args:
        url: ``s3://bucket/prefix``, ``gs://bucket/prefix``, ``abfs://container@account…/prefix`` or
            any other URL of fsspec. Endpoints and credentials come from the environment.
        options: Options of the fsspec file system, such as ``endpoint_url``; never secrets.

    Raises:
        MissingExtraError: The file system's package is not installed; raised by the first use.

    Example:
        >>> objects = RemoteObjects("memory://example/store")
        >>> objects.put_new("a/b", b"1"), objects.get("a/b")
        (True, b'1')
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url.rstrip("/")
        self._options = options
        self._scheme = url.partition("://")[0]
        self._opened: tuple[int, Any, str] | None = None

    def __repr__(self) -> str:
        return f"RemoteObjects({self.url!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}

    def get(self, path: str) -> bytes:
        """Return an object's content; see ``ObjectStore.get``."""
        check_path(path)
        try:
            fs, root = self._open()
            return bytes(fs.cat_file(f"{root}/{path}"))
        except Exception as error:  # noqa: BLE001 - each client has its own hierarchy
            self._fail("read", path, error)

    def put_new(
        self,
        path: str,
        content: bytes | Path,
        *,
        durable: bool = True,  # noqa: ARG002
    ) -> bool:
        """Create an object if it does not exist; see ``ObjectStore.put_new``.

        What such a store has accepted is durable, whatever ``durable`` asks for.
        """
        check_path(path)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._create(path, content)
            except Exception as error:  # noqa: BLE001 - each client has its own hierarchy
                if is_definite(error):
                    self._fail("write", path, error)
                same = self._same(path, content)
                if same is not None:
                    return same
                if attempt == _ATTEMPTS or not is_transient(error):
                    self._fail("write", path, error)
                time.sleep(random.uniform(0.5, 1.0) * min(0.1 * 2**attempt, 5.0))  # noqa: S311
            else:
                return True
        raise AssertionError("the last attempt returns or raises")

    def exists(self, path: str) -> bool:
        """Return whether there is an object; see ``ObjectStore.exists``."""
        return self._size(check_path(path)) is not None

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[ObjectInfo]:
        """Yield what lies below a folder; see ``ObjectStore.list``."""
        check_prefix(prefix)
        try:
            fs, root = self._open()
            folder = f"{root}/{prefix}" if prefix else root
            found = fs.find(folder, detail=True) if recursive else fs.ls(folder, detail=True)
        except Exception as error:  # noqa: BLE001 - each client has its own hierarchy
            if is_absent(error):
                return iter(())
            self._fail("list", prefix, error)
        # Asked for an object as a folder, some clients list the object, one its name only.
        entries = [
            entry
            for entry in (found.values() if isinstance(found, dict) else found)
            if isinstance(entry, dict) and str(entry["name"]).startswith(folder + "/")
        ]
        start = len(root) + 1
        infos = [
            ObjectInfo(entry["name"].rstrip("/")[start:] + "/", 0)
            if entry["type"] == "directory"
            else ObjectInfo(entry["name"][start:], int(entry["size"] or 0))
            for entry in entries
            if not recursive or entry["type"] == "file"
        ]
        return iter(sorted(infos, key=lambda info: info.path))

    def delete(self, path: str) -> None:
        """Remove an object; see ``ObjectStore.delete``."""
        check_path(path)
        try:
            fs, root = self._open()
            fs.rm_file(f"{root}/{path}")
        except Exception as error:  # noqa: BLE001 - each client has its own hierarchy
            if is_absent(error):
                return
            self._fail("delete", path, error)

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading; see ``ObjectStore.open``."""
        check_path(path)
        try:
            fs, root = self._open()
            source = fs.open(f"{root}/{path}", "rb", block_size=_PART // 2, cache_type="readahead")
            return cast("BinaryIO", io.BufferedReader(_RemoteFile(self, path, source)))
        except Exception as error:  # noqa: BLE001 - each client has its own hierarchy
            self._fail("read", path, error)

    @contextmanager
    def spool(self) -> Iterator[_Spooled]:
        """Open a temporary file on this machine; see ``ObjectStore.spool``."""
        try:
            with tempfile.NamedTemporaryFile(prefix="fairlead-") as file:
                yield _Spooled(cast("BinaryIO", file), Path(file.name))
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise StoreError(
                f"Cannot write to {self.url}: {tempfile.gettempdir()}, where content is collected "
                "before it is sent, is on a full disk: free some space, or set TMPDIR."
            ) from error

    def _open(self) -> tuple[Any, str]:
        """Return the file system of this process: its threads and sockets do not survive a fork."""
        opened = self._opened
        if opened is None or opened[0] != os.getpid():
            opened = (os.getpid(), *self._connect())
            self._opened = opened
        return opened[1], opened[2]

    def _connect(self) -> tuple[Any, str]:
        extra = _EXTRAS.get(self._scheme)
        options = {"use_listings_cache": False, "skip_instance_cache": True, **self._options}
        if extra == "s3":
            options.setdefault("config_kwargs", {
                "connect_timeout": 10, "read_timeout": 60, "max_pool_connections": 32,
                "retries": {"mode": "standard", "max_attempts": 5},
            })  # fmt: skip
        elif extra == "gcs":
            # Zonal buckets' client asks gRPC endpoints that emulators and most buckets lack.
            os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
            if os.environ.get("STORAGE_EMULATOR_HOST"):
                options.setdefault("token", "anon")
        elif extra == "azure-blob":
            policy = "azure.core.pipeline.policies.http_logging_policy"
            logging.getLogger(policy).setLevel(logging.WARNING)
        try:
            from fsspec.core import url_to_fs

            fs, root = url_to_fs(self.url, **options)
        except ImportError as error:
            wanted = f"fairlead[{extra}]" if extra else f"the package it names ({error})"
            raise MissingExtraError(
                f"{self.url}: stores of {self._scheme}:// need a package that is not installed: "
                f"install {wanted}."
            ) from error
        except ValueError as error:
            raise StoreError(f"{self.url}: cannot be opened: {error}.") from error
        if extra == "s3":
            fs.retries = 2  # botocore repeats already; both together would take minutes
        return fs, root.rstrip("/")

    def _create(self, path: str, content: bytes | Path) -> None:
        fs, root = self._open()
        full = f"{root}/{path}"
        if isinstance(content, bytes):
            fs.pipe_file(full, content, mode="create")
        elif (extra := _EXTRAS.get(self._scheme)) is None:
            fs.pipe_file(full, content.read_bytes(), mode="create")
        elif extra == "azure-blob":
            fs.put_file(str(content), full, mode="create", max_concurrency=2)
        else:
            limit = {"max_concurrency": 3} if extra == "s3" else {}
            fs.put_file(str(content), full, mode="create", chunksize=_PART, **limit)

    def _same(self, path: str, content: bytes | Path) -> bool | None:
        """Return whether the object holds these bytes; None if there is no object."""
        try:
            if isinstance(content, bytes):
                return self.get(path) == content
            if self._size(path) != content.stat().st_size:
                return None if self._size(path) is None else False
            with self.open(path) as theirs, content.open("rb") as ours:
                while chunk := ours.read(1 << 20):
                    if theirs.read(len(chunk)) != chunk:
                        return False
                return True
        except ObjectNotFoundError:
            return None

    def _size(self, path: str) -> int | None:
        try:
            fs, root = self._open()
            info = fs.info(f"{root}/{path}")
        except Exception as error:  # noqa: BLE001 - each client has its own hierarchy
            if is_absent(error):
                return None
            self._fail("read", path, error)
        return int(info["size"]) if info["type"] == "file" else None

    def _fail(self, verb: str, path: str, error: Exception) -> NoReturn:
        if isinstance(error, FairleadError):
            raise error
        where = f"{self.url}/{path}"
        kind = type(error).__name__
        if is_absent(error):
            if verb == "read":
                raise ObjectNotFoundError(
                    f"{where}: there is no such object. It was never written or was deleted; check "
                    "the path and the stack."
                ) from None
            raise StoreError(
                f"Cannot {verb} {where}: the bucket or container does not exist: provision the "
                "stack (`fairlead up`), or correct the URL."
            ) from error
        if is_denied(error):
            how = _CREDENTIALS.get(_EXTRAS.get(self._scheme, ""), "the store's credentials")
            raise StoreError(
                f"Cannot {verb} {where}: access was denied or there are no credentials ({kind}). "
                f"Check {how}, and that this identity may {verb} there."
            ) from error
        raise StoreError(
            f"Cannot {verb} {where}: {kind}: {str(error)[:300] or 'no further message'}. Check the "
            "network, the endpoint and the store's own status, then try again."
        ) from error


class _Spooled:
    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file = file
        self.path = path


class _RemoteFile(io.RawIOBase):
    """Read a file of fsspec, with the store's errors."""

    def __init__(self, objects: RemoteObjects, path: str, source: Any) -> None:
        self._objects = objects
        self._path = path
        self._source = source

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return int(self._source.seek(offset, whence))

    def tell(self) -> int:
        return int(self._source.tell())

    def readinto(self, buffer: Buffer) -> int:
        try:
            return int(self._source.readinto(buffer))
        except Exception as error:  # noqa: BLE001 - each client has its own hierarchy
            self._objects._fail("read", self._path, error)  # noqa: SLF001 - one module

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
