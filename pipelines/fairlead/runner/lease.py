"""Hold the right to walk a run: one runner at a time, taken over only from a dead one."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from fairlead.errors import BackendError, ObjectNotFoundError, StoreError
from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectStore
from fairlead.store.records import Lease

BEAT_SECONDS = 20.0
DEAD_SECONDS = 60.0


class HeldLease(Protocol):
    """The right to walk a run, until it is released or taken over."""

    epoch: int

    def held(self) -> bool:
        """Say whether it is still ours."""
        ...

    def release(self) -> None:
        """Give it up."""
        ...


def epochs(objects: ObjectStore, layout: RunLayout) -> list[int]:
    """List the epochs in which the run was walked, ascending."""
    prefix = f"{layout.leases}/"
    names = [
        info.path.removeprefix(prefix)
        for info in objects.list(layout.leases, recursive=False)
        if info.path.endswith(".json")
    ]
    return sorted(int(name.removesuffix(".json")) for name in names)


def acquire(
    objects: ObjectStore,
    layout: RunLayout,
    backend_says: Callable[[], bool | None] = lambda: None,
) -> HeldLease:
    """Take the lease of a run.

    Args:
        objects: The artifact store.
        layout: The run.
        backend_says: Asked whether another runner lives where the store is remote: the backend
            knows at once what silence tells after a minute.

    Raises:
        BackendError: Another runner lives and walks the run.

    Returns:
        The lease; the epoch in it is higher than every one before.
    """
    known = epochs(objects, layout)
    if known and _lives(objects, layout, backend_says):
        raise BackendError(
            f"run {layout.run} is being walked by another runner: watch it with "
            f"`fairlead runs show {layout.run}`, or stop it with `fairlead runs cancel`"
        )
    epoch = (known[-1] if known else 0) + 1
    lease = Lease(epoch=epoch, host=socket.gethostname(), pid=os.getpid())
    if not objects.put_new(layout.lease(epoch), lease.to_bytes()):
        raise BackendError(f"run {layout.run} was taken over by another runner just now")
    if objects.url.startswith("file:"):
        return _LockedLease(_local_path(objects, layout.lease(epoch)), epoch)
    return _BeatingLease(objects, layout, epoch)


def _lives(
    objects: ObjectStore, layout: RunLayout, backend_says: Callable[[], bool | None]
) -> bool:
    if not objects.url.startswith("file:"):
        said = backend_says()
        if said is not None:
            return said
    return alive(objects, layout)


def alive(objects: ObjectStore, layout: RunLayout) -> bool:
    """Say whether the newest runner of a run lives.

    On a local store its file lock says so at once; elsewhere this watches for a beat, for up to a
    minute of this process's own monotonic clock.
    """
    known = epochs(objects, layout)
    if not known:
        return False
    if objects.url.startswith("file:"):
        return _locked(_local_path(objects, layout.lease(known[-1])))
    return _beats(objects, layout, known[-1])


def _local_path(objects: ObjectStore, path: str) -> Path:
    return Path(unquote(urlsplit(objects.url).path)) / path


def _locked(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


class _LockedLease:
    """Hold a lease on a local store: the kernel frees the lock when the process dies."""

    def __init__(self, path: Path, epoch: int) -> None:
        self.epoch = epoch
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def held(self) -> bool:
        return True

    def release(self) -> None:
        os.close(self._handle)


def _beat_number(objects: ObjectStore, layout: RunLayout, epoch: int) -> int:
    folder = f"{layout.leases}/{epoch}/beat"
    prefix = f"{folder}/"
    numbers = [
        int(info.path.removeprefix(prefix).removesuffix(".json")) for info in objects.list(folder)
    ]
    return max(numbers, default=-1)


def _beats(objects: ObjectStore, layout: RunLayout, epoch: int) -> bool:
    first = _beat_number(objects, layout, epoch)
    until = time.monotonic() + DEAD_SECONDS
    while time.monotonic() < until:
        time.sleep(min(5.0, DEAD_SECONDS / 4))
        if _beat_number(objects, layout, epoch) > first:
            return True
        try:
            objects.get(layout.end)
        except ObjectNotFoundError:
            continue
        return False
    return False


class _BeatingLease:
    """Hold a lease on a remote store: a beat every 20 s says that this runner lives."""

    def __init__(self, objects: ObjectStore, layout: RunLayout, epoch: int) -> None:
        self.epoch = epoch
        self._objects = objects
        self._layout = layout
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="fairlead-lease", daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        number = 0
        while not self._stop.wait(BEAT_SECONDS):
            beat = Lease(epoch=self.epoch, host=socket.gethostname(), pid=os.getpid())
            try:
                self._objects.put_new(self._layout.beat(self.epoch, number), beat.to_bytes())
            except StoreError:
                continue  # the next beat tries again; silence for a minute hands the run over
            number += 1

    def held(self) -> bool:
        return not self._objects.exists(self._layout.lease(self.epoch + 1))

    def release(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
