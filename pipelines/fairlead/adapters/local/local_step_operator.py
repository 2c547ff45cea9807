"""Run attempts in warm worker processes of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fairlead.adapters.capacity import Capacity
from fairlead.capabilities import Capabilities
from fairlead.contracts.step_operator import LocalStepOperatorContract
from fairlead.errors import BackendError
from fairlead.graph import StepOptions
from fairlead.ports.attempt import Attempt, AttemptReport, AttemptStatus
from fairlead.runtime.logs import tail
from fairlead.runtime.process_end import describe_end


@dataclass(slots=True)
class _Worker:
    """A worker process, its channel and what it is for."""

    id: int
    channel: socket.socket
    purpose: tuple[tuple[str, str], ...] | None
    pid: int | None = None
    reference: str | None = None
    pending: bytes = b""


@dataclass(slots=True)
class _Asked:
    """An attempt that was submitted, and how it ended."""

    spool: Path
    worker: _Worker
    report: AttemptReport = field(default_factory=lambda: AttemptReport(AttemptStatus.RUNNING))


class LocalStepOperator:
    """Run each attempt in a process that other attempts may reuse.

    Workers are forked from a process that never starts a thread. One is reused only by attempts
    with the same environment and without secrets; everything else gets a fresh one.
    """

    capabilities = Capabilities(backend="local", cpu=True, memory=True, gpu=True)

    def __init__(self, contract: LocalStepOperatorContract) -> None:
        self.contract = contract
        self._capacity = Capacity(contract)
        self._server: subprocess.Popen[bytes] | None = None
        self._workers: dict[int, _Worker] = {}
        self._idle: dict[tuple[tuple[str, str], ...], list[_Worker]] = {}
        self._asked: dict[str, _Asked] = {}
        self._chooser = selectors.DefaultSelector()
        self._count = 0
        self._told = b""

    def refuses(self, options: StepOptions) -> str | None:
        """Return why a step could never run on this machine."""
        return self._capacity.refuses(options)

    def admits(self, running: list[StepOptions], candidate: StepOptions) -> bool:
        """Say whether a step fits beside those that run."""
        return self._capacity.admits(running, candidate)

    def submit(self, attempt: Attempt) -> str:
        """Hand an attempt to a worker, a warm one if there is one for its environment."""
        purpose = None if attempt.options.secrets else _purpose(attempt.options.environment)
        worker = None
        if purpose is not None and self._idle.get(purpose):
            worker = self._idle[purpose].pop()
        if worker is None:
            worker = self._fork(purpose, attempt.options.environment)
        self._count += 1
        reference = f"{attempt.step}/{attempt.number}#{self._count}"
        spool = self._folder / f"{self._count}.log"
        worker.reference = reference
        self._asked[reference] = _Asked(spool, worker)
        message: dict[str, Any] = {
            "reference": reference,
            "run_uri": attempt.run_uri,
            "run_digest": attempt.run_digest,
            "step": attempt.step,
            "number": attempt.number,
            "spool": str(spool),
            "memory": attempt.options.resources.memory_bytes,
        }
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is told anyway
            worker.channel.sendall(json.dumps(message).encode() + b"\n")
        return reference

    def status(self, reference: str) -> AttemptReport:
        """Return how an attempt stands."""
        asked = self._asked.get(reference)
        return asked.report if asked is not None else AttemptReport(AttemptStatus.UNKNOWN)

    def cancel(self, reference: str) -> None:
        """Kill the worker that runs an attempt, and wait until it is gone."""
        asked = self._asked.get(reference)
        if asked is None or asked.report.status is AttemptStatus.ENDED:
            return
        until = time.monotonic() + 5
        while asked.worker.pid is None and time.monotonic() < until:
            self.changes(0.1)
        if asked.worker.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(asked.worker.pid, signal.SIGKILL)
        while asked.worker.id in self._workers and time.monotonic() < until:
            self.changes(0.1)

    def changes(self, timeout: float) -> list[str]:
        """Wait for workers' answers and ends; return the attempts that they are about."""
        changed: list[str] = []
        for key, _ in self._chooser.select(max(0.0, timeout)):
            if isinstance(key.data, _Worker):
                changed += self._heard(key.data)
            else:
                changed += self._told_by_server()
        return changed

    def close(self) -> None:
        """End the workers and the process that forks them."""
        for worker in list(self._workers.values()):
            self._drop(worker)
        self._stop()
        self._chooser.close()
        if "_temporary" in self.__dict__:
            self._temporary.cleanup()

    @cached_property
    def _temporary(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="fairlead-logs-")

    @cached_property
    def _folder(self) -> Path:
        return Path(self._temporary.name)

    def _start(self) -> None:
        if self._server is not None:
            return
        self._control, theirs = socket.socketpair()
        with theirs:
            os.set_inheritable(theirs.fileno(), True)
            self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "fairlead.runtime.forkserver", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C on the terminal is the runner's to handle
                env={**os.environ, "PYTHONHASHSEED": "0"},
            )
        self._chooser.register(self._control, selectors.EVENT_READ)

    def _stop(self) -> None:
        if self._server is None:
            return
        self._chooser.unregister(self._control)
        self._control.close()
        try:
            self._server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None

    def _fork(
        self, purpose: tuple[tuple[str, str], ...] | None, environment: Mapping[str, str]
    ) -> _Worker:
        self._start()
        ours, theirs = socket.socketpair()
        self._count += 1
        worker = _Worker(self._count, ours, purpose)
        asked = {"id": worker.id, "environment": dict(environment)}
        try:
            socket.send_fds(self._control, [json.dumps(asked).encode()], [theirs.fileno()])
        except OSError as error:
            raise BackendError(f"the process that forks workers is gone: {error}") from None
        finally:
            theirs.close()
        self._workers[worker.id] = worker
        self._chooser.register(ours, selectors.EVENT_READ, worker)
        return worker

    def _heard(self, worker: _Worker) -> list[str]:
        """Take a worker's answers; a closed channel is told of by the server, with the reason."""
        try:
            content = worker.channel.recv(65536)
        except ConnectionResetError:
            content = b""
        if not content:
            self._chooser.unregister(worker.channel)
            return []
        *lines, worker.pending = (worker.pending + content).split(b"\n")
        changed = []
        for line in lines:
            answer = json.loads(line)
            reference = answer["reference"]
            self._asked[reference].report = AttemptReport(
                AttemptStatus.ENDED, reason=answer.get("problem")
            )
            changed.append(reference)
            worker.reference = None
            if worker.purpose is None:
                self._drop(worker)
            else:
                self._idle.setdefault(worker.purpose, []).append(worker)
        return changed

    def _told_by_server(self) -> list[str]:
        content = self._control.recv(65536)
        if not content:
            return self._lost("the process that forks workers died")
        *lines, self._told = (self._told + content).split(b"\n")
        changed = []
        for line in lines:
            told = json.loads(line)
            if "ended" in told:
                changed += self._ended(told["ended"], told["status"])
            elif told["id"] in self._workers:
                self._workers[told["id"]].pid = told["pid"]
        return changed

    def _ended(self, pid: int, status: int) -> list[str]:
        worker = next((w for w in self._workers.values() if w.pid == pid), None)
        if worker is None:
            return []
        if worker.channel.fileno() != -1 and worker.channel in self._registered():
            heard = self._drain(worker)
        else:
            heard = []
        reference = worker.reference
        self._drop(worker)
        if reference is None:
            return heard
        self._end_attempt(reference, describe_end(status))
        return [*heard, reference]

    def _registered(self) -> set[Any]:
        return {key.fileobj for key in self._chooser.get_map().values()}

    def _drain(self, worker: _Worker) -> list[str]:
        """Take what a worker said before it ended."""
        worker.channel.setblocking(False)
        heard: list[str] = []
        with contextlib.suppress(BlockingIOError):
            while worker.channel in self._registered():
                heard += self._heard(worker)
        return heard

    def _lost(self, reason: str) -> list[str]:
        """End every attempt, as nobody tells of workers any more; the next one starts afresh."""
        self._stop()
        self._told = b""
        lost = []
        for worker in list(self._workers.values()):
            if worker.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
            if worker.reference is not None:
                lost.append(worker.reference)
                self._end_attempt(worker.reference, reason)
            self._drop(worker)
        return lost

    def _end_attempt(self, reference: str, reason: str) -> None:
        asked = self._asked[reference]
        text = ""
        with contextlib.suppress(OSError):
            text = asked.spool.read_text(errors="replace")
        asked.report = AttemptReport(AttemptStatus.ENDED, reason=reason, log_tail=tail(text))

    def _drop(self, worker: _Worker) -> None:
        self._workers.pop(worker.id, None)
        if worker.purpose is not None and worker in self._idle.get(worker.purpose, []):
            self._idle[worker.purpose].remove(worker)
        with contextlib.suppress(KeyError, ValueError):
            self._chooser.unregister(worker.channel)
        worker.channel.close()


def _purpose(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(environment.items()))
