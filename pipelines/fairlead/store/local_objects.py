"""Objects as files of this machine: durable, and created by exactly one writer.

A file gets its content and is synced before it gets its name, with ``link``, which fails if the
name is taken; then the folder is synced. An anonymous file (Linux) leaves nothing behind when its
process is killed. fsspec's local file system is not used: its create mode is not exclusive.
"""

# pathlib costs more here than the system calls themselves:
# ruff: noqa: PTH102, PTH103, PTH106, PTH108, PTH112, PTH113, PTH120, PTH123

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn
from urllib.parse import unquote, urlsplit

from fairlead.errors import ObjectNotFoundError, StoreError
from fairlead.store.objects import SPOOL_FOLDER, ObjectInfo, check_path, check_prefix

#: Files without a name get one through /proc, where there is one.
_ANONYMOUS = getattr(os, "O_TMPFILE", 0) if os.path.isdir("/proc/self/fd") else 0
_UNSUPPORTED = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}
_OWN_DESCRIPTOR = re.compile(r"/proc/self/fd/\d+")
_CHUNK = 1 << 20

_FIXES = {
    errno.ENOSPC: "the disk is full: free some space; what was written before is intact",
    errno.EDQUOT: "the disk quota is used up: free some space or raise the quota",
    errno.EROFS: "the file system is read-only: mount it writable or choose another store",
    errno.EACCES: "permission denied: grant this user access to the folder",
    errno.EPERM: "permission denied: grant this user access to the folder",
    errno.ENOTDIR: "an object lies where a folder is needed: no path may be both",
    errno.EISDIR: "a folder lies where an object is meant: no path may be both",
    errno.ENAMETOOLONG: "a name is longer than the file system allows (255 bytes): shorten it",
    errno.EMFILE: "too many open files: raise `ulimit -n`",
}


class _Spooled:
    def __init__(self, file: BinaryIO, path: str) -> None:
        self.file = file
        self.path = Path(path)


class LocalObjects:
    """Keep objects as files below a folder; see ``ObjectStore``.

    Args:
        url: ``file:///folder``; special characters may be percent-encoded. The folder is made by
            the first write.

    Example:
        >>> import tempfile
        >>> objects = LocalObjects("file://" + tempfile.mkdtemp())
        >>> objects.put_new("runs/a.json", b"{}"), objects.put_new("runs/a.json", b"[]")
        (True, False)
        >>> objects.get("runs/a.json")
        b'{}'
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.netloc not in {"", "localhost"}:
            raise StoreError(
                f"{url!r} names the host {parts.netloc!r}; a folder of this machine has three "
                f"slashes: file:///{parts.netloc}{parts.path}"
            )
        self._root = os.path.normpath(unquote(parts.path))
        self._below = self._root + "/"
        self.url = url.rstrip("/")

    def __repr__(self) -> str:
        return f"LocalObjects({self.url!r})"

    @property
    def root(self) -> Path:
        """Return the folder."""
        return Path(self._root)

    def get(self, path: str) -> bytes:
        """Return an object's content; see ``ObjectStore.get``."""
        try:
            descriptor = os.open(self._below + check_path(path), os.O_RDONLY | os.O_CLOEXEC)
            try:
                size = os.fstat(descriptor).st_size
                content = os.read(descriptor, size + 1)
                if len(content) == size:
                    return content
                parts = [content]
                while part := os.read(descriptor, _CHUNK):
                    parts.append(part)
                return b"".join(parts)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._fail("read", path, error)

    def put_new(self, path: str, content: bytes | Path, *, durable: bool = True) -> bool:
        """Create an object if it does not exist; see ``ObjectStore.put_new``."""
        folder, _, name = (self._below + check_path(path)).rpartition("/")
        made: list[str] = []
        try:
            # A folder that a deletion removes between its making and its use is made again.
            for _ in range(100):
                try:
                    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                except FileNotFoundError:
                    made += self._make(folder)
                    continue
                try:
                    created = self._create(descriptor, name, content, durable=durable)
                    if created and durable:
                        os.fsync(descriptor)
                except FileNotFoundError:
                    if isinstance(content, Path) and not content.exists():
                        raise
                    continue
                finally:
                    os.close(descriptor)
                for parent in made if durable else ():
                    _sync_folder(parent)
                return created
        except OSError as error:
            self._fail("write", path, error)
        raise StoreError(
            f"Cannot write {self.url}/{path}: another process keeps removing its folder. Stop it."
        )

    def exists(self, path: str) -> bool:
        """Return whether there is an object; see ``ObjectStore.exists``."""
        return os.path.isfile(self._below + check_path(path))

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[ObjectInfo]:
        """Yield what lies below a folder; see ``ObjectStore.list``."""
        check_prefix(prefix)
        return self._list(prefix + "/" if prefix else "", recursive=recursive)

    def delete(self, path: str) -> None:
        """Remove an object and the folders that it leaves empty; see ``ObjectStore.delete``."""
        full = self._below + check_path(path)
        try:
            os.unlink(full)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._fail("delete", path, error)
        folder = os.path.dirname(full)
        with suppress(OSError):
            _sync_folder(folder)
            while folder != self._root:
                os.rmdir(folder)
                folder = os.path.dirname(folder)

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading; see ``ObjectStore.open``."""
        try:
            return open(self._below + check_path(path), "rb")
        except OSError as error:
            self._fail("read", path, error)

    @contextmanager
    def spool(self) -> Iterator[_Spooled]:
        """Open a temporary file on the store's own file system; see ``ObjectStore.spool``."""
        folder = self._below + SPOOL_FOLDER
        try:
            os.makedirs(folder, exist_ok=True)
            descriptor, path = self._temporary(folder)
        except OSError as error:
            self._fail("write", SPOOL_FOLDER, error)
        try:
            # Closing writes what is buffered, so that it may be what fills the disk.
            with os.fdopen(descriptor, "w+b") as file:
                yield _Spooled(file, path or f"/proc/self/fd/{descriptor}")
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT} or isinstance(error, StoreError):
                raise
            self._fail("write", SPOOL_FOLDER, error)
        finally:
            if path:
                with suppress(FileNotFoundError):
                    os.unlink(path)

    def _create(self, folder: int, name: str, content: bytes | Path, *, durable: bool) -> bool:
        if isinstance(content, Path):
            source = str(content)
            if _OWN_DESCRIPTOR.fullmatch(source) or source.startswith(self._below + SPOOL_FOLDER):
                return self._link_spooled(source, folder, name)
            with content.open("rb") as original:
                return self._write_new(folder, name, original, durable=durable)
        return self._write_new(folder, name, content, durable=durable)

    def _temporary(self, folder: str | int) -> tuple[int, str | None]:
        """Open a file without a name, or, where the system has none, one with a random name."""
        if _ANONYMOUS:
            flags = _ANONYMOUS | os.O_RDWR | os.O_CLOEXEC
            try:
                if isinstance(folder, int):
                    return os.open(".", flags, 0o644, dir_fd=folder), None
                return os.open(folder, flags, 0o644), None
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
        path = f"{self._below}{SPOOL_FOLDER}/{secrets.token_hex(12)}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o644), path

    def _write_new(
        self, folder: int, name: str, content: bytes | BinaryIO, *, durable: bool
    ) -> bool:
        """Write a file and link it to a name; return False if the name is taken."""
        try:
            taken = os.stat(name, dir_fd=folder).st_mode
        except FileNotFoundError:
            pass
        else:
            if stat.S_ISDIR(taken):
                raise IsADirectoryError(errno.EISDIR, "a folder has the name")
            return False
        descriptor, temporary = self._temporary(folder)
        try:
            if isinstance(content, bytes):
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            else:
                with os.fdopen(descriptor, "wb", closefd=False) as file:
                    shutil.copyfileobj(content, file, _CHUNK)
            if durable:
                os.fsync(descriptor)
            source = temporary or f"/proc/self/fd/{descriptor}"
            os.link(source, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError:
            return False
        finally:
            os.close(descriptor)
            if temporary:
                os.unlink(temporary)
        return True

    def _link_spooled(self, source: str, folder: int, name: str) -> bool:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(source, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError:
            return False
        return True

    def _make(self, folder: str) -> Sequence[str]:
        """Make a folder and those above it; return the folders that got a new entry."""
        missing = []
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for path in reversed(missing):
            with suppress(FileExistsError):
                os.mkdir(path)
        return [os.path.dirname(path) for path in missing]

    def _list(self, prefix: str, *, recursive: bool) -> Iterator[ObjectInfo]:
        try:
            with os.scandir(self._below + prefix) as scan:
                entries = [
                    (entry.name + "/" if entry.is_dir() else entry.name, entry) for entry in scan
                ]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._fail("list", prefix, error)
        # With its slash a folder sorts where its objects do: "a-b" comes before "a/b".
        for name, entry in sorted(entries, key=lambda item: item[0]):
            path = prefix + name
            if name.endswith("/"):
                if path == f"{SPOOL_FOLDER}/":
                    continue
                if recursive:
                    yield from self._list(path, recursive=True)
                else:
                    yield ObjectInfo(path, 0)
            else:
                with suppress(FileNotFoundError):  # deleted since
                    yield ObjectInfo(path, entry.stat().st_size)

    def _fail(self, verb: str, path: str, error: OSError) -> NoReturn:
        if isinstance(error, StoreError):  # a refused path; StoreError is an OSError itself
            raise error
        where = f"{self.url}/{path}"
        if verb == "read" and error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}:
            raise ObjectNotFoundError(
                f"{where}: there is no such object. It was never written or was deleted; check the "
                "path and the stack."
            ) from None
        fix = _FIXES.get(error.errno or 0, error.strerror or type(error).__name__)
        raise StoreError(f"Cannot {verb} {where}: {fix}.") from error


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
