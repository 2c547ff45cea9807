"""Streams that know their SHA-256: written once into a spool, verified while they are read."""

from __future__ import annotations

import hashlib
import io
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from fairlead.digests import digest_of
from fairlead.errors import IntegrityError
from fairlead.store.objects import ObjectStore, SpooledFile

if TYPE_CHECKING:
    from typing_extensions import Buffer  # collections.abc has it from Python 3.12 on

#: Bytes that content may have before it is spooled to a file, and that are moved at a time.
IN_MEMORY = 1 << 20
CHUNK = 1 << 20


class ContentWriter(io.RawIOBase):
    """Hash what is written to it; small content stays in memory, larger content is spooled.

    Args:
        objects: The store whose spool takes large content.

    Example:
        >>> import tempfile
        >>> from fairlead.store.objects import open_objects
        >>> with ContentWriter(open_objects("file://" + tempfile.mkdtemp())) as writer:
        ...     _ = writer.write(b"abc")
        ...     writer.digest[:14], writer.size
        ('sha256:ba7816b', 3)
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._hash = hashlib.sha256()
        self._memory: list[bytes] = []
        self._spooled: SpooledFile | None = None
        self._stack = ExitStack()
        self._failure: OSError | None = None
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What a library makes of our own failure to write says less than the failure.
        failure = None if error is None else self._failure
        if failure is not None:
            kind, error, trace = OSError, failure, failure.__traceback__
        try:
            self._stack.__exit__(kind, error, trace)  # the store explains a full disk
        finally:
            self.close()
        if failure is not None:
            raise failure

    def writable(self) -> bool:
        """Return True: that is what it is for."""
        return True

    def write(self, data: Buffer) -> int:
        """Take bytes, or anything that lies in memory as bytes."""
        view = memoryview(data)
        if view.itemsize != 1 or view.ndim != 1:
            view = view.cast("B")
        self._hash.update(view)
        self.size += len(view)
        if self._spooled is None and self.size <= IN_MEMORY:
            self._memory.append(bytes(view))
            return len(view)
        try:
            if self._spooled is None:
                self._spooled = self._stack.enter_context(self._objects.spool())
                self._spooled.file.writelines(self._memory)
                self._memory.clear()
            self._spooled.file.write(view)
        except OSError as error:
            self._failure = error
            raise
        return len(view)

    @property
    def digest(self) -> str:
        """Return ``sha256:…`` of what was written so far."""
        return f"sha256:{self._hash.hexdigest()}"

    def put(self, folder: str) -> str:
        """Create the object named after the digest below a folder; return its path."""
        path = f"{folder}/{self._hash.hexdigest()}"
        if self._spooled is None:
            self._objects.put_new(path, b"".join(self._memory))
        elif not self._objects.exists(path):
            self._spooled.file.flush()
            self._objects.put_new(path, self._spooled.path)
        return path

    def close(self) -> None:
        """Drop the spooled file, unless it was put."""
        if not self.closed:
            self._stack.close()
        super().close()


class VerifyingReader(io.RawIOBase):
    """Hash what is read from it, so that ``finish`` can tell whether it was what was stored.

    Until then nothing that was read may be trusted, and nothing of it may be executed.

    Args:
        source: The open object.
        path: Where it lies, for the error.
        digest: ``sha256:…`` that was recorded.
        size: Bytes that were recorded.
    """

    def __init__(self, source: BinaryIO, path: str, digest: str, size: int) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self._path = path
        self._expected = digest
        self.size = size

    def readable(self) -> bool:
        """Return True: that is what it is for."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read into memory; return how many bytes."""
        view = memoryview(buffer).cast("B")
        count: int = self._source.readinto(view)  # type: ignore[attr-defined]
        self._hash.update(view[:count])
        return count

    def readall(self) -> bytes:
        """Return all that is left."""
        content = self._source.read()
        self._hash.update(content)
        return content

    def finish(self) -> None:
        """Read what is left and compare the digest.

        Raises:
            IntegrityError: The content is not the recorded one.
        """
        buffer = memoryview(bytearray(CHUNK))
        while self.readinto(buffer):
            pass
        check_digest(f"sha256:{self._hash.hexdigest()}", self._expected, self._path)

    def close(self) -> None:
        """Close the object too."""
        if not self.closed:
            self._source.close()
        super().close()


def check_digest(found: str, expected: str, path: str) -> None:
    """Compare two digests.

    Raises:
        IntegrityError: They differ; names the path and both.
    """
    if found != expected:
        raise IntegrityError(
            f"{path}: was recorded with {expected}, but the store now holds {found}: "
            "it was damaged or replaced. Restore it from the store's versions or a backup, or "
            "delete the object and run the step that made it again."
        )


def open_verified(objects: ObjectStore, path: str, digest: str, size: int) -> BinaryIO:
    """Return a seekable copy of an object of which every byte is verified already.

    Small content is held in memory, larger content in an anonymous temporary file.

    Raises:
        IntegrityError: The content is not the recorded one.
    """
    if size <= IN_MEMORY:
        content = objects.get(path)
        check_digest(digest_of(content), digest, path)
        return io.BytesIO(content)
    copy = tempfile.SpooledTemporaryFile(max_size=64 * CHUNK)  # noqa: SIM115 - handed on
    try:
        _copy_verified(objects, path, digest, size, cast("BinaryIO", copy))
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return cast("BinaryIO", copy)


def fetch_verified(objects: ObjectStore, path: str, digest: str, size: int, target: Path) -> None:
    """Write an object to a new file; no file is left if the content is not the recorded one.

    Raises:
        IntegrityError: The content is not the recorded one.
    """
    try:
        with target.open("xb") as file:
            _copy_verified(objects, path, digest, size, file)
    except IntegrityError:
        target.unlink()
        raise


def _copy_verified(
    objects: ObjectStore, path: str, digest: str, size: int, target: BinaryIO
) -> None:
    with VerifyingReader(objects.open(path), path, digest, size) as reader:
        buffer = memoryview(bytearray(CHUNK))
        while count := reader.readinto(buffer):
            target.write(buffer[:count])
        reader.finish()
