"""One of the processes that run a distributed attempt together, and where they meet."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.errors import BackendError
from fairlead.store.records import RankDone

if TYPE_CHECKING:
    from fairlead.store.layout import RunLayout
    from fairlead.store.objects import ObjectStore

#: Seconds for which a rank that fails leaves the word to one that died: a dead process takes its
#: peers with it, whose complaints are no explanation. Longer than whoever watches takes to learn.
_GRACE = {True: 2.0, False: 10.0}

#: Seconds between looks at what the other ranks have recorded.
_LOOK = {True: 0.1, False: 1.0}


@dataclass(frozen=True, slots=True)
class Rank:
    """Say which process of a distributed attempt this is.

    Attributes:
        number: From 0; rank 0 holds the claim and writes the end.
        nodes: How many there are.
        host: Where the others find rank 0; a loopback address where all run on one machine.
        port: The port that rank 0 may listen on; 0 where there are no others.
        token: What the ranks alone know; empty where the backend's network keeps others out.

    Example:
        >>> Rank(2, 3, "127.0.0.1", 29500).together
        True
    """

    number: int = 0
    nodes: int = 1
    host: str = "127.0.0.1"
    port: int = 0
    token: str = ""

    def __str__(self) -> str:
        return f"rank {self.number} of {self.nodes}"

    @property
    def together(self) -> bool:
        """Say whether all ranks run on one machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def grace(self) -> float:
        """Return the seconds for which a failing rank leaves the word to one that died."""
        return _GRACE[self.together] if self.nodes > 1 else 0.0

    def address(self) -> str:
        """Return the address of this process's machine at which the other ranks reach it.

        Raises:
            BackendError: Rank 0's name cannot be resolved, for minutes.
        """
        if self.together:
            return self.host
        until = time.monotonic() + 300
        while True:
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.connect((self.host, self.port))  # sends nothing: it chooses a route
                    return str(probe.getsockname()[0])
            except OSError as error:
                if time.monotonic() > until:
                    raise BackendError(
                        f"{self} cannot find rank 0 at {self.host}: {error}. Do names of services "
                        "resolve in pods?"
                    ) from None
            time.sleep(0.5)

    def reach_head(self, gone: Callable[[], bool], seconds: float = 1800.0) -> None:
        """Wait until rank 0 listens.

        Args:
            gone: Says whether there is no use in waiting any longer.
            seconds: How long to wait.

        Raises:
            BackendError: It does not, or there is no use in waiting.
        """
        until = time.monotonic() + seconds
        while not gone():
            with suppress(OSError), socket.create_connection((self.host, self.port), timeout=5):
                return
            if time.monotonic() > until:
                break
            time.sleep(_LOOK[self.together])
        raise BackendError(f"{self} could not reach rank 0 at {self.host}:{self.port}")


class Ranks:
    """Know what the ranks of one attempt have recorded.

    Args:
        objects: The artifact store.
        layout: Where the run's objects lie.
        step: The node's id.
        number: The attempt's number.
        rank: Which of them this is.
    """

    def __init__(
        self, objects: ObjectStore, layout: RunLayout, step: str, number: int, rank: Rank
    ) -> None:
        self.objects, self.layout = objects, layout
        self.step, self.number = step, number
        self.rank = rank

    @staticmethod
    def wait_until(gone: Callable[[], bool], seconds: float) -> bool:
        """Wait until rank 0 has done its part or the attempt has ended; return whether it has."""
        until = time.monotonic() + seconds
        while not gone():
            if time.monotonic() > until:
                return False
            time.sleep(0.5)
        return True

    def done(self) -> None:
        """Record that this rank has done its part."""
        path = self.layout.rank_done(self.step, self.number, self.rank.number)
        record = RankDone(rank=self.rank.number, host=socket.gethostname())
        self.objects.put_new(path, record.to_bytes())

    def head_done(self) -> bool:
        """Say whether rank 0 has done its part, or the attempt has ended without it."""
        paths = (
            self.layout.rank_done(self.step, self.number, 0),
            self.layout.attempt_end(self.step, self.number),
        )
        return any(map(self.objects.exists, paths))

    def wait_for_others(self) -> bool:
        """Wait until every other rank has done its part; whoever watches ends a wait in vain.

        Returns:
            False if the attempt has ended without this one.
        """
        folder = self.layout.ranks(self.step, self.number)
        wanted = {
            self.layout.rank_done(self.step, self.number, number)
            for number in range(self.rank.nodes)
            if number != self.rank.number
        }
        end = self.layout.attempt_end(self.step, self.number)
        while True:
            wanted -= {info.path for info in self.objects.list(folder, recursive=False)}
            if not wanted:
                return True
            if self.objects.exists(end):
                return False
            time.sleep(_LOOK[self.rank.together])


def free_port(host: str) -> int:
    """Return a port of this machine that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
