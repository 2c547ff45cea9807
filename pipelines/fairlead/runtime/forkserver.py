"""Fork fresh worker processes from a small one that never starts a thread.

Started as ``python -m fairlead.runtime.forkserver FD`` before the runner does anything else. Over
the socket FD it is sent JSON lines, each with one end of a socket pair for the new worker; it
answers with the worker's process id, and later with how the worker ended.

Python's own ``multiprocessing.forkserver`` imports the caller's ``__main__`` in every child, which
would run a user's script again; that is why this is not it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
from typing import Any, NoReturn


def main(control: socket.socket) -> None:
    """Fork workers until the other side goes away, then end those that are left.

    Args:
        control: The socket on which workers are asked for and their ends are told.
    """
    from fairlead.runtime.telemetry import switch_off

    switch_off()
    import fairlead.binding
    import fairlead.runtime.worker
    import fairlead.store.cache
    import fairlead.store.cache_key  # noqa: F401 - imported once here, shared by every worker

    woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    chooser = selectors.DefaultSelector()
    chooser.register(control, selectors.EVENT_READ)
    chooser.register(woken, selectors.EVENT_READ)
    while True:
        for key, _ in chooser.select():
            if key.fileobj is control:
                try:
                    message, handles, _, _ = socket.recv_fds(control, 65536, 1)
                except ConnectionResetError:  # killed before it had read all that was told
                    message = b""
                if not message:
                    _end(children)
                    return
                asked: dict[str, Any] = json.loads(message)
                pid = os.fork()
                if pid == 0:
                    _become_worker(control, (woken, wake), handles[0], asked)
                os.close(handles[0])
                children.add(pid)
                _tell(control, {"id": asked["id"], "pid": pid})
            else:
                os.read(woken, 4096)
        while children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            children.discard(pid)
            kill_group(pid)  # what a dead worker started is of no use to anybody
            _tell(control, {"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _tell(control: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the next read ends this
        control.sendall(json.dumps(message).encode() + b"\n")


def kill_group(pid: int) -> bool:
    """Kill the process group that a process leads or led; return whether there was one."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end(children: set[int]) -> None:
    for pid in children:
        if not kill_group(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for pid in children:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _become_worker(
    control: socket.socket, pipe: tuple[int, int], handle: int, asked: dict[str, Any]
) -> NoReturn:
    status = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        for end in pipe:
            os.close(end)
        os.environ.update(asked["environment"])
        from fairlead.runtime.worker import serve

        with socket.socket(fileno=handle) as channel:
            serve(channel)
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - a forked child must never return into the server's loop
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
