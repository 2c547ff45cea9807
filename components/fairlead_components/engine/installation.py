"""Install an engine into the shared cache: one installation at a time, complete or not there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from fairlead_components.engine import location
from fairlead_components.engine.errors import EngineInstallError
from fairlead_components.engine.location import Engine
from fairlead_components.engine.progress import Progress
from fairlead_components.engine.source import engine_version

#: Bytes that an installed engine takes, with room to spare; Go's own caches are elsewhere.
NEEDED_BYTES = 400_000_000
_PREFIX = ".installing-"
_POLL_SECONDS = 0.5


def _holder(lock: TextIO) -> str:
    lock.seek(0)
    try:
        who = json.loads(lock.read())
        return f"process {who['pid']} on {who['host']}, started in {who['directory']}"
    except (ValueError, KeyError):
        return "another process"


@contextmanager
def installation_lock(directory: Path, progress: Progress) -> Iterator[None]:
    """Hold the only right to install below a folder; wait for whoever holds it, saying for whom.

    The operating system frees the lock when its holder ends in whatever way, so it is never stale.

    Args:
        directory: The folder, which must exist.
        progress: Where the waiting is told.
    """
    with (directory / "install.lock").open("a+", encoding="utf-8") as lock:
        waited = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                text = f"waiting for the installation by {_holder(lock)}"
                (progress.update if waited else progress.phase)(text)
                waited = True
                time.sleep(_POLL_SECONDS)
        lock.seek(0)
        lock.truncate()
        who = {"pid": os.getpid(), "host": platform.node(), "directory": str(Path.cwd())}
        lock.write(json.dumps(who))
        lock.flush()
        yield


def _check_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < NEEDED_BYTES:
        raise EngineInstallError(
            f"The engine needs {NEEDED_BYTES // 10**6} MB in {directory}, where {free // 10**6} MB "
            "are free: make room, or set FAIRLEAD_CACHE_DIR to a folder on another disk."
        )


def install(
    target: Path, make: Callable[[Path, Progress], None], *, progress: Progress, force: bool = False
) -> Engine:
    """Install an engine as one folder, unless it is there.

    It is made in a temporary folder beside the target, tried, and renamed: whoever looks sees
    all of it or nothing, and what a killed installation left is removed by the next one.

    Args:
        target: The folder that will hold ``bin/pulumi``.
        make: Fills the folder that it is given.
        progress: Where progress is told.
        force: Replace what is there.

    Returns:
        The installed engine.

    Raises:
        EngineInstallError: It could not be made, the disk is full, or what was made does not run.
    """
    executable = target / "bin" / "pulumi"
    parent = target.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with installation_lock(parent, progress):
            for leftover in parent.glob(f"{_PREFIX}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            if executable.is_file() and not force:
                progress.finish(f"Pulumi {engine_version()} is already in {target}")
                return Engine(executable, engine_version(), "cache")
            _check_space(parent)
            temporary = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            try:
                make(temporary, progress)
                _verify(temporary)
                temporary.chmod(0o755)
                replaced = parent / f"{_PREFIX}replaced"
                if target.exists():
                    target.rename(replaced)
                temporary.rename(target)
                shutil.rmtree(replaced, ignore_errors=True)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise EngineInstallError(
                f"The disk of {parent} is full: make room, or set FAIRLEAD_CACHE_DIR to a folder "
                "on another disk."
            ) from error
        raise EngineInstallError(f"Cannot install the engine into {parent}: {error}") from error
    progress.finish(f"Pulumi {engine_version()} is installed in {target}")
    return Engine(executable, engine_version(), "cache")


def _verify(directory: Path) -> None:
    found = location.read_version(directory / "bin" / "pulumi")
    if found != engine_version():
        raise EngineInstallError(
            f"What was installed says it is Pulumi {found}, not {engine_version()}."
        )
