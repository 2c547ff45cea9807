"""Keep what a step saves for the attempt that follows it, on every stack in the same way.

The folder is local to the process. What lies in it is published to the artifact store in numbered
versions, each an artifact that is addressed by its content; a later attempt of the same step begins
with the newest ones. So a checkpoint survives the process, its pod and its machine.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.errors import FairleadError
from fairlead.store.records import Checkpoint

if TYPE_CHECKING:
    from fairlead.runtime.session import Session

#: The output under which a step's checkpoints lie beside its other artifacts.
OUTPUT = "checkpoints"

#: Seconds between looks at the folder; what has not changed between two of them is published.
_LOOK = 5.0

_VERSION = re.compile(r"(?P<attempt>\d+)/checkpoints/(?P<rank>\d+)-(?P<version>\d+)\.json")

_Signature = dict[str, tuple[int, int]]


class Checkpoints:
    """Hold the checkpoint folder of one rank of one attempt.

    Args:
        session: The run.
        step: The node's id.
        attempt: The attempt's number, from 1.
        rank: Which rank this is; 0 where there is only one.

    Attributes:
        folder: Where the step saves; it holds what the attempt before saved.
    """

    def __init__(self, session: Session, step: str, attempt: int, rank: int) -> None:
        self.session, self.step = session, step
        self.attempt, self.rank = attempt, rank
        self._temporary = tempfile.TemporaryDirectory(prefix="fairlead-checkpoint-")
        self.folder = Path(self._temporary.name) / "checkpoint"
        self.folder.mkdir()
        self._lock = threading.Lock()
        self._version = 0
        self._closed = threading.Event()
        self._restore()
        self._published = self._signature()
        self._thread = threading.Thread(
            target=self._watch, name="fairlead-checkpoints", daemon=True
        )
        self._thread.start()

    def publish(self) -> bool:
        """Publish what lies in the folder, if it has changed; return whether all is published.

        A folder that changes meanwhile is left for the next time: a version is what lay there at
        one moment.

        Raises:
            FairleadError: It cannot be stored.
        """
        with self._lock:
            before = self._signature()
            if before == self._published:
                return True
            record = self.session.stack.artifacts.save(
                self.folder,
                pipeline=self.session.record.graph.pipeline,
                step=self.step,
                output=OUTPUT,
            )
            if self._signature() != before:
                return False
            path = self.session.layout.checkpoint(
                self.step, self.attempt, self.rank, self._version + 1
            )
            version = Checkpoint(rank=self.rank, artifact=record)
            self.session.objects.put_new(path, version.to_bytes())
            self._version += 1
            self._published = before
            return True

    def close(self, *, succeeded: bool) -> None:
        """Stop watching and remove the folder; what a failed attempt saved last is published."""
        self._closed.set()
        self._thread.join()
        if not succeeded:
            with suppress(FairleadError, OSError):  # the failure itself is what is told
                self.publish()
        with suppress(OSError):
            self._temporary.cleanup()

    def _watch(self) -> None:
        seen = self._published
        while not self._closed.wait(_LOOK):
            with suppress(FairleadError, OSError):  # a store that is away now may be back later
                now = self._signature()
                if now == seen:
                    self.publish()
                seen = now

    def _signature(self) -> _Signature:
        found: _Signature = {}
        for path in sorted(self.folder.rglob("*")):
            with suppress(FileNotFoundError):
                told = path.stat()
                size = told.st_size if path.is_file() else 0
                changed = told.st_mtime_ns if path.is_file() else 0
                found[path.relative_to(self.folder).as_posix()] = (size, changed)
        return found

    def _restore(self) -> None:
        """Begin with what earlier attempts left: where names clash, one's own, then rank 0's."""
        newest = self._newest()
        order = sorted(newest, reverse=True)
        if self.rank in newest:
            order.remove(self.rank)
            order.append(self.rank)
        for rank in order:
            with tempfile.TemporaryDirectory(dir=self._temporary.name) as place:
                tree = self.session.stack.artifacts.load(newest[rank].artifact, into=Path(place))
                shutil.copytree(tree, self.folder, dirs_exist_ok=True)

    def _newest(self) -> dict[int, Checkpoint]:
        """Return the newest version of each rank, of attempts before this one."""
        layout, objects = self.session.layout, self.session.objects
        below = f"{layout.step(self.step)}/"
        best: dict[int, tuple[tuple[int, int], str]] = {}
        for info in objects.list(layout.step(self.step)):
            match = _VERSION.fullmatch(info.path.removeprefix(below))
            if match is None or int(match["attempt"]) >= self.attempt:
                continue
            rank, order = int(match["rank"]), (int(match["attempt"]), int(match["version"]))
            if rank not in best or order > best[rank][0]:
                best[rank] = (order, info.path)
        return {
            rank: Checkpoint.from_bytes(objects.get(path), path) for rank, (_, path) in best.items()
        }


def publish_now(checkpoints: Checkpoints, *, seconds: float = 60.0) -> None:
    """Publish a folder that may be changing, once it holds still.

    Args:
        checkpoints: Whose.
        seconds: How long to wait for that.

    Raises:
        FairleadError: It does not hold still, or cannot be stored.
    """
    until = time.monotonic() + seconds
    while not checkpoints.publish():
        if time.monotonic() > until:
            raise FairleadError(
                f"the checkpoint directory {checkpoints.folder} kept changing for {seconds:g} s: "
                "call save_checkpoint() when everything is written"
            )
        time.sleep(0.2)
