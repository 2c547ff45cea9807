"""The bundle: the code of a run as one immutable, content-addressed archive.

Equal trees give equal bytes: sorted, without times and owners. Reading verifies the digest before
anything is unpacked, refuses members that could leave their folder, and unpacks once.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import stat
import tarfile
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fairlead.digests import digest_of
from fairlead.errors import ConfigError, IntegrityError
from fairlead.project import cache_folder
from fairlead.store.bundle_files import bundle_files
from fairlead.store.layout import bundle_path

if TYPE_CHECKING:
    from fairlead.store.objects import ObjectStore

#: Bytes of an archive: code is small, data belongs in artifacts.
MAX_SIZE = 50_000_000
_MAX_UNPACKED = 2_000_000_000
_FORMAT = 1  # counts towards what the cache of archives is keyed by
_RACY_NS = 100_000_000  # a file changed this shortly ago may change again within one clock tick
# A private key in any file, whatever its name: header, line break, base64.
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\r?\n|\\n)[A-Za-z0-9+/=]{16}")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Hold one archive.

    Attributes:
        digest: ``sha256:…`` of its bytes.
        size: Bytes.
    """

    digest: str
    size: int
    _content: bytes | None = field(default=None, repr=False)
    _file: Path | None = field(default=None, repr=False)

    @property
    def content(self) -> bytes:
        """Return the archive's bytes, a gzipped tar.

        Raises:
            IntegrityError: The copy in the user's cache folder was damaged.
        """
        if self._content is not None:
            return self._content
        assert self._file is not None
        content = self._file.read_bytes()
        _verify(content, self.digest, str(self._file))
        return content


def build(root: Path, extra: Mapping[str, bytes] | None = None) -> Bundle:
    """Pack a project's files, or return the archive of an earlier call if none has changed.

    Args:
        root: The project's root.
        extra: Further files by path, such as pickled steps of a notebook.

    Raises:
        ConfigError: The archive is too large, a symbolic link leaves the project, a file holds a
            private key, or an extra path is unsafe.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> _ = (root / "train.py").write_text("print('hello')")
        >>> build(root).digest == build(root).digest
        True
    """
    extra = extra or {}
    root = Path(os.path.realpath(root))
    started = time.time_ns()
    paths = bundle_files(root)
    signature, newest = _signature(root, paths, extra)
    folder = cache_folder("bundles", hashlib.sha256(os.fsencode(root)).hexdigest()[:16])
    if (known := _remembered(folder, signature)) is not None:
        return known
    content = _pack(root, paths, extra)
    bundle = Bundle(digest_of(content), len(content), content)
    if newest < started - _RACY_NS:
        _remember(folder, signature, bundle, content)
    return bundle


def upload(objects: ObjectStore, bundle: Bundle) -> None:
    """Put a bundle into the store unless it is there.

    Raises:
        StoreError: The store cannot be written.
    """
    path = bundle_path(bundle.digest)
    if not objects.exists(path):
        objects.put_new(path, bundle.content)


def fetch(objects: ObjectStore, digest: str, cache: Path) -> Path:
    """Return a folder with a bundle's files, read-only; unpack it if this machine has not yet.

    Args:
        objects: The store.
        digest: ``sha256:…``.
        cache: The folder below which bundles are unpacked, each in one of its own.

    Raises:
        IntegrityError: The bytes are not those of the digest, or a member is unsafe.
        StoreError: The store cannot be read.
    """
    target = cache / digest.removeprefix("sha256:")
    if target.is_dir():  # it got its name only after everything was in it
        return target
    path = bundle_path(digest)
    content = objects.get(path)
    _verify(content, digest, path)
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=cache))
    try:
        _unpack(content, draft, path)
        draft.chmod(0o755)
        try:
            draft.rename(target)
        except OSError:  # another process was first
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _verify(content: bytes, digest: str, place: str) -> None:
    found = digest_of(content)
    if found != digest:
        raise IntegrityError(
            f"{place}: expected {digest}, found {found}. The bundle was damaged or replaced; "
            "restore it from the store's versions, or submit the run again."
        )


def _signature(root: Path, paths: Iterable[str], extra: Mapping[str, bytes]) -> tuple[str, int]:
    """Return what tells whether anything changed, without reading files, and the newest change."""
    digest = hashlib.sha256(b"%d\0" % _FORMAT)
    newest = 0
    prefix = os.path.join(root, "")  # noqa: PTH118, thousands of paths
    for path in paths:
        found = os.lstat(prefix + path)
        newest = max(newest, found.st_mtime_ns, found.st_ctime_ns)
        digest.update(
            b"%b\0%d %d %d %d %d\0"
            % (
                os.fsencode(path),
                found.st_size,
                found.st_mtime_ns,
                found.st_ctime_ns,
                found.st_ino,
                found.st_mode,
            )
        )
    for path in sorted(extra):
        digest.update(b"+%b\0%b" % (path.encode(), hashlib.sha256(extra[path]).digest()))
    return digest.hexdigest(), newest


def _remembered(folder: Path, signature: str) -> Bundle | None:
    try:
        known = json.loads((folder / "last.json").read_bytes())
        if known["signature"] != signature:
            return None
        file = folder / f"{known['digest'].removeprefix('sha256:')}.tar.gz"
        size = file.stat().st_size
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Bundle(known["digest"], size, _file=file) if size == known["size"] else None


def _remember(folder: Path, signature: str, bundle: Bundle, content: bytes) -> None:
    note = {"signature": signature, "digest": bundle.digest, "size": bundle.size}
    name = f"{bundle.digest.removeprefix('sha256:')}.tar.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file, data in ((name, content), ("last.json", json.dumps(note).encode())):
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
                draft.write(data)
            Path(draft.name).replace(folder / file)
        for old in folder.glob("*.tar.gz"):
            # A submitter that was told of it a moment ago may still have to read it.
            if old.name != name and time.time() - old.stat().st_mtime > 3600:  # noqa: PLR2004
                old.unlink(missing_ok=True)
    except OSError:  # a cache folder that cannot be written costs time, nothing else
        return


def _pack(root: Path, paths: Iterable[str], extra: Mapping[str, bytes]) -> bytes:
    sizes: dict[str, int] = {}
    problems: list[str] = []
    raw = io.BytesIO()
    members: dict[str, bytes | None] = {**dict.fromkeys(paths), **extra}
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, mtime=0, filename="") as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(members):
            member = tarfile.TarInfo(path)
            content = members[path]
            try:
                if content is None:
                    content = _read(root, path, member)
                else:
                    _check_extra(path, members)
            except FileNotFoundError:  # deleted since it was listed
                continue
            except ValueError as error:
                problems.append(f"{path}: {error}")
                continue
            member.size = sizes[path] = len(content)
            archive.addfile(member, io.BytesIO(content))
            if raw.tell() > MAX_SIZE or sum(sizes.values()) > _MAX_UNPACKED:
                break
    if problems:
        raise ConfigError(f"the code bundle of {root}", problems)
    if raw.tell() > MAX_SIZE or sum(sizes.values()) > _MAX_UNPACKED:
        raise _too_large(root, paths)
    return raw.getvalue()


def _read(root: Path, path: str, member: tarfile.TarInfo) -> bytes:
    full = os.path.join(root, path)  # noqa: PTH118, thousands of paths
    mode = os.lstat(full).st_mode
    if stat.S_ISLNK(mode):
        member.type = tarfile.SYMTYPE
        member.mode = 0o777
        member.linkname = _link(root, path, full)
        return b""
    if not stat.S_ISREG(mode):
        raise ValueError("is no regular file; add it to .gitignore or bundle.exclude")
    member.mode = 0o755 if mode & stat.S_IXUSR else 0o644
    with open(full, "rb") as file:  # noqa: PTH123
        content = file.read()
    if b"PRIVATE KEY-----" in content and _PRIVATE_KEY.search(content):
        raise ValueError(
            "holds a private key, which must not leave this machine; add it to .gitignore, or to "
            "`exclude` under [tool.fairlead.bundle] in pyproject.toml"
        )
    return content


def _check_extra(path: str, members: Iterable[str]) -> None:
    if not _is_safe(path):
        raise ValueError("an extra file's path must stay in the bundle")
    if any(path.startswith(f"{other}/") for other in members):
        raise ValueError("an extra file's path goes through another file")


def _link(root: Path, path: str, full: str) -> str:
    """Return the target of a symbolic link, relative to the link's folder."""
    target = os.readlink(full)  # noqa: PTH115
    folder = os.path.dirname(full)  # noqa: PTH120
    if not Path(os.path.realpath(full)).is_relative_to(root):
        raise ValueError(
            f"is a symbolic link to {target}, outside the project; replace it by a copy, or add it "
            "to `exclude` under [tool.fairlead.bundle] in pyproject.toml"
        )
    if os.path.isabs(target):  # noqa: PTH117
        target = os.path.relpath(target, folder)
    target = target.replace(os.sep, "/")
    if not _stays(path, target):
        target = os.path.relpath(os.path.realpath(full), os.path.realpath(folder))
    if not _stays(path, target):
        raise ValueError("is a symbolic link whose way leaves the project; replace it by a copy")
    return target


def _stays(path: str, target: str) -> bool:
    """Say whether a relative target, followed step by step from a link, stays below the root."""
    depth = path.count("/")
    for part in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return False
    return not target.startswith("/")


def _is_safe(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path


def _too_large(root: Path, paths: Iterable[str]) -> ConfigError:
    sizes = sorted(((os.lstat(root / path).st_size, path) for path in paths), reverse=True)
    largest = ", ".join(f"{path} ({size / 1e6:.1f} MB)" for size, path in sizes[:5])
    return ConfigError(
        f"the code bundle of {root}",
        [
            (
                f"it is larger than {MAX_SIZE / 1e6:.0f} MB; the largest files are {largest}. "
                "Add what is no code to .gitignore, or to `exclude` under [tool.fairlead.bundle] "
                'in pyproject.toml: exclude = ["data/"]; return data from a step instead'
            )
        ],
    )


def _unpack(content: bytes, folder: Path, place: str) -> None:
    links: list[tarfile.TarInfo] = []
    seen: set[str] = set()
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                total += member.size
                if (
                    not _is_safe(member.name)
                    or member.name in seen
                    or not (member.isreg() or member.issym())
                    or (member.issym() and not _stays(member.name, member.linkname))
                    or total > _MAX_UNPACKED
                ):
                    raise IntegrityError(
                        f"{place}: refused to unpack {member.name!r}, which could leave its "
                        "folder. Nothing of the bundle was used; find out who wrote it."
                    )
                seen.add(member.name)
                if member.issym():
                    links.append(member)
                    continue
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                source = archive.extractfile(member)
                assert source is not None
                with target.open("xb") as file:
                    shutil.copyfileobj(source, file)
                target.chmod(0o555 if member.mode & stat.S_IXUSR else 0o444)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, FileExistsError) as error:
        raise IntegrityError(f"{place}: not a readable bundle: {error}") from None
    for member in links:  # after all files: nothing is ever written through a link
        target = folder / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(member.linkname)
