"""Worker processes of this machine: forked when they are asked for, and told of when they end."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.errors import BackendError
from fairlead.runtime.forkserver import kill_group
from fairlead.runtime.process_end import describe_end

#: What a worker may be used for again: the environment that it was started with.
Purpose = tuple[tuple[str, str], ...]


@dataclass(slots=True, eq=False)
class Worker:
    """A worker process, its channel and what it is for.

    Attributes:
        purpose: Which attempts may use it again; None is none.
        pid: Its process id, once it is told.
        task: What it works on now: a key of the caller's.
    """

    id: int
    channel: socket.socket
    purpose: Purpose | None
    pid: int | None = None
    task: Any = None
    pending: bytes = b""


@dataclass(frozen=True, slots=True)
class News:
    """Say that a worker has answered, or has ended without an answer.

    Attributes:
        task: What it worked on.
        answer: What it answered; None if it ended.
        reason: Why it ended, in words.
    """

    task: Any
    answer: dict[str, Any] | None = None
    reason: str = ""


@dataclass(slots=True)
class Workers:
    """Fork workers from a process that never starts a thread, and keep them for further use.

    Each leads a process group of its own, so that what it starts ends with it when it is killed.
    """

    _server: subprocess.Popen[bytes] | None = None
    _control: socket.socket | None = None
    _workers: dict[int, Worker] = field(default_factory=dict)
    _idle: dict[Purpose, list[Worker]] = field(default_factory=dict)
    _chooser: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _count: int = 0
    _told: bytes = b""

    def give(
        self,
        task: Any,
        message: Mapping[str, Any],
        environment: Mapping[str, str],
        *,
        fresh: bool = False,
    ) -> Worker:
        """Hand a task to a worker, a warm one if there is one for its environment.

        Args:
            task: What its news will be about.
            message: What it is asked; sent as a line of JSON.
            environment: Variables that it has besides those of this process.
            fresh: Whether no other task may use its process, before or after.
        """
        purpose = None if fresh else tuple(sorted(environment.items()))
        worker = None
        if purpose is not None and self._idle.get(purpose):
            worker = self._idle[purpose].pop()
        if worker is None:
            worker = self._fork(purpose, environment)
        worker.task = task
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is told anyway
            worker.channel.sendall(json.dumps(message).encode() + b"\n")
        return worker

    def news(self, timeout: float) -> list[News]:
        """Wait for workers' answers and ends, at most ``timeout`` seconds."""
        found: list[News] = []
        for key, _ in self._chooser.select(max(0.0, timeout)):
            if not isinstance(key.data, Worker):
                found += self._told_by_server()
            elif key.data.id in self._workers:  # what was told just before may be its end
                found += self._heard(key.data)
        return found

    def kill(self, worker: Worker) -> list[News]:
        """Kill a worker and what it started; return what was told until it was gone."""
        found: list[News] = []
        until = time.monotonic() + 5
        while worker.pid is None and worker.id in self._workers and time.monotonic() < until:
            found += self.news(0.1)
        if worker.pid is not None and worker.id in self._workers:
            _kill(worker.pid)
        while worker.id in self._workers and time.monotonic() < until:
            found += self.news(0.1)
        return found

    def close(self) -> None:
        """End the workers and the process that forks them."""
        for worker in list(self._workers.values()):
            self._drop(worker)
        self._stop()
        self._chooser.close()

    def _start(self) -> socket.socket:
        if self._control is not None:
            return self._control
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
        return self._control

    def _stop(self) -> None:
        if self._server is None or self._control is None:
            return
        self._chooser.unregister(self._control)
        self._control.close()
        try:
            self._server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = self._control = None

    def _fork(self, purpose: Purpose | None, environment: Mapping[str, str]) -> Worker:
        control = self._start()
        ours, theirs = socket.socketpair()
        self._count += 1
        worker = Worker(self._count, ours, purpose)
        asked = {"id": worker.id, "environment": dict(environment)}
        try:
            socket.send_fds(control, [json.dumps(asked).encode()], [theirs.fileno()])
        except OSError as error:
            raise BackendError(f"the process that forks workers is gone: {error}") from None
        finally:
            theirs.close()
        self._workers[worker.id] = worker
        self._chooser.register(ours, selectors.EVENT_READ, worker)
        return worker

    def _heard(self, worker: Worker) -> list[News]:
        """Take a worker's answers; a closed channel is told of by the server, with the reason."""
        try:
            content = worker.channel.recv(65536)
        except ConnectionResetError:
            content = b""
        if not content:
            self._chooser.unregister(worker.channel)
            return []
        *lines, worker.pending = (worker.pending + content).split(b"\n")
        found = []
        for line in lines:
            found.append(News(worker.task, json.loads(line)))
            worker.task = None
            if worker.purpose is None:
                self._drop(worker)
            else:
                self._idle.setdefault(worker.purpose, []).append(worker)
        return found

    def _told_by_server(self) -> list[News]:
        assert self._control is not None
        content = self._control.recv(65536)
        if not content:
            return self._lost("the process that forks workers died")
        *lines, self._told = (self._told + content).split(b"\n")
        found: list[News] = []
        for line in lines:
            told = json.loads(line)
            if "ended" in told:
                found += self._ended(told["ended"], told["status"])
            elif told["id"] in self._workers:
                self._workers[told["id"]].pid = told["pid"]
        return found

    def _ended(self, pid: int, status: int) -> list[News]:
        worker = next((w for w in self._workers.values() if w.pid == pid), None)
        if worker is None:
            return []
        found = self._drain(worker)
        task = worker.task
        self._drop(worker)
        return [*found, News(task, reason=describe_end(status))] if task is not None else found

    def _registered(self) -> set[Any]:
        return {key.fileobj for key in self._chooser.get_map().values()}

    def _drain(self, worker: Worker) -> list[News]:
        """Take what a worker said before it ended."""
        if worker.channel.fileno() == -1:
            return []
        worker.channel.setblocking(False)
        found: list[News] = []
        with contextlib.suppress(BlockingIOError):
            while worker.channel in self._registered():
                found += self._heard(worker)
        return found

    def _lost(self, reason: str) -> list[News]:
        """Give up every worker, as nobody tells of them any more; the next one starts afresh."""
        self._stop()
        self._told = b""
        found = []
        for worker in list(self._workers.values()):
            if worker.pid is not None:
                _kill(worker.pid)
            if worker.task is not None:
                found.append(News(worker.task, reason=reason))
            self._drop(worker)
        return found

    def _drop(self, worker: Worker) -> None:
        self._workers.pop(worker.id, None)
        if worker.purpose is not None and worker in self._idle.get(worker.purpose, []):
            self._idle[worker.purpose].remove(worker)
        with contextlib.suppress(KeyError, ValueError):
            self._chooser.unregister(worker.channel)
        worker.channel.close()


def _kill(pid: int) -> None:
    """Kill a worker's process group; a worker that does not lead one yet has started nothing."""
    if not kill_group(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
