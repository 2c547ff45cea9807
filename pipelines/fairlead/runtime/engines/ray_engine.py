"""Give a step a Ray cluster of all its ranks; needs ``fairlead[ray]``.

Every rank runs a Ray node as a child process; rank 0's is the head, and holds the step's function,
in which ``ray.init()`` connects by itself. Ray's own processes run the tasks.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fairlead.errors import BackendError, MissingExtraError
from fairlead.graph import Resources
from fairlead.runtime.engines.environment import environment
from fairlead.runtime.rank import Rank, Ranks, free_port

EVERYWHERE = False

_GATHER = 1800.0
_STOP = 10.0
_STORE = 200 << 20
_LEAST_STORE = 80 << 20


@contextmanager
def gathered(rank: Rank, resources: Resources) -> Iterator[None]:
    """Run the cluster while the step's function runs, from when every rank has joined.

    Args:
        rank: Rank 0.
        resources: Cores and accelerators are what Ray schedules by; a third of the memory is for
            its object store.

    Raises:
        BackendError: Ray does not start, or not every rank came.
        MissingExtraError: Ray is not installed.

    Source:
        https://docs.ray.io/en/latest/cluster/vms/user-guides/launching-clusters/on-premises.html
    """
    host, port = _address(rank), rank.port or free_port(rank.host)
    reached = Rank(rank.number, rank.nodes, host, port, rank.token)
    # Sockets lie in this folder, and their paths may not be long.
    with (
        environment(_variables(rank)),
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
    ):
        head = _start(
            rank, resources, "--head", f"--port={port}", "--include-dashboard=false",
            f"--temp-dir={folder}",
        )  # fmt: skip
        try:
            with environment({"RAY_ADDRESS": f"{host}:{port}"}):
                reached.reach_head(lambda: head.poll() is not None, seconds=_GATHER)
                _wait_for_nodes(rank, f"{host}:{port}", head)
                yield
        finally:
            _stop(head)


def serve(rank: Rank, resources: Resources, gone: Callable[[], bool]) -> None:
    """Be a node of the cluster until rank 0 has done its part.

    Args:
        rank: Which rank this is.
        resources: As for rank 0.
        gone: Says whether rank 0 has done its part.

    Raises:
        BackendError: Ray ended before.
    """
    host = _address(rank) if rank.together else rank.host
    Rank(rank.number, rank.nodes, host, rank.port).reach_head(gone)
    with environment(_variables(rank)):
        node = _start(rank, resources, f"--address={host}:{rank.port}")
        try:
            while not gone():
                if node.poll() is not None and not Ranks.wait_until(gone, seconds=60):
                    raise BackendError(f"Ray's node ended with status {node.returncode}")
                time.sleep(0.5)
        finally:
            _stop(node)


def _address(rank: Rank) -> str:
    # Ray takes 127.0.0.1 for "this machine" and listens on another of its addresses.
    if rank.together and sys.platform == "linux":
        return "127.0.0.2"
    return rank.address()


def _variables(rank: Rank) -> dict[str, str]:
    here = os.pathsep.join(path for path in sys.path if path)
    found = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "PYTHONPATH": here}
    found["RAY_NUM_REDIS_GET_RETRIES"] = "120"  # seconds that a node looks for a busy head
    if rank.token:
        found |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": rank.token}
    return found


def _start(rank: Rank, resources: Resources, *options: str) -> subprocess.Popen[bytes]:
    try:
        import ray  # noqa: F401 - is it there?
    except ModuleNotFoundError:
        raise MissingExtraError(
            "a step of kind 'ray' needs the package 'ray', which is not installed: "
            "pip install 'fairlead[ray]', or add it to the packages of the step's image"
        ) from None
    memory = resources.memory_bytes
    store = max(_LEAST_STORE, int(memory * 0.3)) if memory else _STORE
    command = [
        sys.executable, "-m", "ray.scripts.scripts", "start", "--block",
        f"--node-ip-address={_address(rank)}", f"--num-cpus={max(1, int(resources.cpu or 1))}",
        f"--num-gpus={resources.gpu}", f"--object-store-memory={store}", *options,
    ]  # fmt: skip
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command


def _wait_for_nodes(rank: Rank, address: str, head: subprocess.Popen[bytes]) -> None:
    import ray

    until = time.monotonic() + _GATHER
    ray.init(address, log_to_driver=False, logging_level=logging.WARNING)
    try:
        while sum(node["Alive"] for node in ray.nodes()) < rank.nodes:  # type: ignore[no-untyped-call]
            if head.poll() is not None or time.monotonic() > until:
                raise BackendError(f"not all of {rank.nodes} ranks joined Ray's cluster")
            time.sleep(0.5)
    finally:
        ray.shutdown()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
