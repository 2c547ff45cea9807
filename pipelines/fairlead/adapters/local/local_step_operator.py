"""Run attempts in warm worker processes of this machine."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import time
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from fairlead.adapters.capacity import Capacity
from fairlead.adapters.local_workers import News, Worker, Workers
from fairlead.capabilities import Capabilities
from fairlead.contracts.step_operator import LocalStepOperatorContract
from fairlead.errors import BackendError
from fairlead.graph import StepOptions
from fairlead.ports.attempt import Attempt, AttemptReport, AttemptStatus
from fairlead.runtime.logs import tail
from fairlead.runtime.rank import Rank, free_port

_LOOPBACK = "127.0.0.1"

#: Seconds that ranks have to store their last lines after rank 0 has ended.
_LEAVE = 5.0

#: Kind of distributed steps → the module that has to be here.
_ENGINES = {"dask": "distributed", "ray": "ray"}


@dataclass(slots=True)
class _Asked:
    """An attempt that was submitted, the ranks of it that have not ended, and how it ended."""

    nodes: int
    workers: dict[int, Worker] = field(default_factory=dict)
    until: float | None = None
    report: AttemptReport = field(default_factory=lambda: AttemptReport(AttemptStatus.RUNNING))


class LocalStepOperator:
    """Run each attempt in a process that other attempts may reuse, or in one for each rank.

    Workers are forked from a process that never starts a thread. One is reused only by attempts
    with the same environment and without secrets; everything else gets fresh ones.
    """

    capabilities = Capabilities(
        "local", cpu=True, memory=True, gpu=True, distributed=frozenset({"torchrun", "dask", "ray"})
    )

    def __init__(self, contract: LocalStepOperatorContract) -> None:
        self.contract = contract
        self._capacity = Capacity(contract)
        self._workers = Workers()
        self._asked: dict[str, _Asked] = {}
        self._leaving: dict[str, _Asked] = {}
        self._changed: list[str] = []

    def refuses(self, options: StepOptions) -> str | None:
        """Return why a step could never run on this machine."""
        kind = options.distributed.kind if options.distributed else ""
        if kind in _ENGINES and find_spec(_ENGINES[kind]) is None:
            return f"{kind} is not installed here: pip install 'fairlead[{kind}]'"
        return self._capacity.refuses(options)

    def admits(self, running: list[StepOptions], candidate: StepOptions) -> bool:
        """Say whether a step fits beside those that run."""
        return self._capacity.admits(running, candidate)

    def submit(self, attempt: Attempt) -> str:
        """Hand an attempt to a worker, a warm one if there is one for its environment.

        A distributed one is handed to as many fresh workers as it has ranks.
        """
        options, nodes = attempt.options, attempt.options.nodes
        reference = f"{attempt.step}/{attempt.number}#{len(self._asked) + 1}"
        asked = self._asked[reference] = _Asked(nodes)
        message = {
            "reference": reference,
            "run_uri": attempt.run_uri,
            "run_digest": attempt.run_digest,
            "step": attempt.step,
            "number": attempt.number,
            "memory": options.resources.memory_bytes,
        }
        port, token = (free_port(_LOOPBACK) if nodes > 1 else 0), secrets.token_hex(16)
        for number in range(nodes):
            rank = Rank(number, nodes, _LOOPBACK, port, token)
            spool = str(self._spool(reference, number))
            try:
                asked.workers[number] = self._workers.give(
                    (reference, number),
                    {**message, "spool": spool, "rank": asdict(rank)},
                    options.environment,
                    fresh=bool(options.secrets) or options.distributed is not None,
                )
            except BackendError as error:
                self._end_all(reference, asked, str(error))
                raise
        return reference

    def status(self, reference: str) -> AttemptReport:
        """Return how an attempt stands."""
        asked = self._asked.get(reference)
        return asked.report if asked is not None else AttemptReport(AttemptStatus.UNKNOWN)

    def cancel(self, reference: str) -> None:
        """Kill the workers that run an attempt, and wait until they are gone."""
        asked = self._asked.get(reference)
        if asked is None or asked.report.status is AttemptStatus.ENDED:
            return
        self._end_all(reference, asked, "it was cancelled", self._text(reference, 0))

    def changes(self, timeout: float) -> list[str]:
        """Wait for workers' answers and ends; return the attempts that they are about."""
        if not self._changed:
            self._take(self._workers.news(timeout))
        for reference, asked in self._leaving.copy().items():
            if asked.until is not None and time.monotonic() > asked.until:
                self._end_all(reference, asked, None)
        changed, self._changed = list(dict.fromkeys(self._changed)), []
        return changed

    def close(self) -> None:
        """End the workers and the process that forks them."""
        self._workers.close()
        if "_temporary" in self.__dict__:
            self._temporary.cleanup()

    @cached_property
    def _temporary(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="fairlead-logs-")

    def _spool(self, reference: str, rank: int) -> Path:
        return Path(self._temporary.name) / f"{reference.rpartition('#')[2]}-{rank}.log"

    def _text(self, reference: str, rank: int) -> str:
        with contextlib.suppress(OSError):
            return tail(self._spool(reference, rank).read_text(errors="replace"))
        return ""

    def _take(self, told: list[News]) -> None:
        """Note what is told of attempts that go on; one rank's failure is the attempt's."""
        for news in told:
            reference, rank = news.task
            asked = self._asked[reference]
            asked.workers.pop(rank, None)
            if asked.report.status is AttemptStatus.ENDED:
                continue
            answer = news.answer or {}
            reason = news.reason or answer.get("problem")
            if reason and asked.nodes > 1:
                reason = f"rank {rank} of {asked.nodes}: {reason}"
            if reason or not answer.get("succeeded") or not asked.workers:
                self._end_all(reference, asked, reason, self._text(reference, rank))
            elif rank == 0:  # the end is recorded; the others have only their last lines to store
                asked.until = time.monotonic() + _LEAVE
                self._leaving[reference] = asked

    def _end_all(
        self, reference: str, asked: _Asked, reason: str | None, log_tail: str = ""
    ) -> None:
        """End an attempt for what one of its ranks did, and the other ranks with it."""
        asked.report = AttemptReport(AttemptStatus.ENDED, reason=reason, log_tail=log_tail)
        self._leaving.pop(reference, None)
        self._changed.append(reference)
        for worker in list(asked.workers.values()):
            self._take(self._workers.kill(worker))
        asked.workers.clear()
