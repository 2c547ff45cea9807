"""Pipelines whose steps run on several nodes; the conformance suites run them everywhere.

They need no PyTorch: the ranks meet at the address that its launcher's variables name, by sockets
of Python's own library, and reduce what each has computed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import ExitStack
from multiprocessing.connection import Client, Listener
from typing import Any

from fairlead import Distributed, Resources, context, log_metrics, pipeline, step

_KEY = b"fairlead-ranks"


def gather(value: Any, seconds: float = 60.0) -> list[Any]:
    """Return every rank's value, in the order of ranks, once all have come.

    Args:
        value: This rank's.
        seconds: How long rank 0 may take to listen.
    """
    address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if rank == 0:
        return _collect(address, size, value)
    until = time.monotonic() + seconds
    while True:
        try:
            with Client(address, authkey=_KEY) as head:
                head.send((rank, value))
                values: list[Any] = head.recv()
                return values
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _collect(address: tuple[str, int], size: int, value: Any) -> list[Any]:
    values = {0: value}
    with ExitStack() as opened:
        listener = opened.enter_context(Listener(address, backlog=size, authkey=_KEY))
        peers = []
        while len(values) < size:
            peers.append(opened.enter_context(listener.accept()))
            number, received = peers[-1].recv()
            values[number] = received
        gathered = [values[number] for number in range(size)]
        for peer in peers:
            peer.send(gathered)
    return gathered


@step(
    distributed=Distributed(nodes=3, kind="torchrun"),
    environment={"FAIRLEAD_TEST_FLAVOR": "vanilla"},
    secrets=["canary"],
)
def meet(upto: int) -> dict[str, Any]:
    """Sum squares, each rank a share of them; tell what each rank was given."""
    sys.stdout.write(f"rank {context.rank} knows {context.secret('canary')}\n")
    share = sum(number**2 for number in range(upto) if number % context.world_size == context.rank)
    log_metrics(share=share)
    told = {
        "share": share,
        "rank": context.rank,
        "world_size": context.world_size,
        "flavor": os.environ["FAIRLEAD_TEST_FLAVOR"],
        "secret": len(context.secret("canary")),
        "process": f"{os.uname().nodename}/{os.getpid()}",
    }
    gathered = gather(told)
    return {"total": sum(one["share"] for one in gathered), "ranks": gathered}


@pipeline
def meeting(upto: int = 1000) -> None:
    """Let three ranks meet."""
    meet(upto)


@step(distributed=Distributed(nodes=3, kind="torchrun"), retries=1, cache=False)
def fall(how: str, seconds: float) -> dict[str, Any]:
    """Save, then let rank 1 die in the first attempt; go on from what was saved in the second."""
    folder = context.checkpoint_directory
    saved = {path.name: path.read_text() for path in sorted(folder.iterdir())}
    if context.attempt != 1:
        return {"seen": gather(saved)}
    (folder / f"rank-{context.rank}").write_text(f"half of rank {context.rank}")
    context.save_checkpoint()
    gather(None)
    if context.rank == 1:
        sys.stdout.write(f"last words before {how}\n")
        sys.stdout.flush()
        if how == "exception":
            raise ValueError("wrong on purpose")
        os.kill(os.getpid(), getattr(signal, how))
    time.sleep(seconds)
    return {}


@pipeline
def falling(how: str = "SIGSEGV", seconds: float = 300.0) -> None:
    """Lose a rank while the others would go on for long."""
    fall(how, seconds)


@step(distributed=Distributed(nodes=3, kind="torchrun"), cache=False)
def linger(seconds: float) -> None:
    """Take long on every rank, once all have begun."""
    gather(None)
    sys.stdout.write(f"rank {context.rank} is {os.getpid()}\n")
    sys.stdout.flush()
    time.sleep(seconds)


@pipeline
def lingering(seconds: float = 300.0) -> None:
    """Run long enough to be cancelled."""
    linger(seconds)


@step(
    distributed=Distributed(nodes=2, kind="dask"),
    resources=Resources(cpu=0.2, memory="1Gi"),
    environment={"FAIRLEAD_TEST_FLAVOR": "vanilla"},
    secrets=["canary"],
)
def ink(digits: Any, partitions: int) -> dict[str, Any]:
    """Aggregate a data frame on every node of a Dask cluster."""
    import dask.dataframe as frames
    from distributed import Client as DaskClient

    with DaskClient() as client:  # type: ignore[no-untyped-call]
        frame: Any = frames.from_pandas(digits, npartitions=partitions)  # type: ignore[no-untyped-call]
        pixels = [name for name in digits.columns if name != "target"]
        sums = frame.groupby("target")[pixels].sum().sum(axis=1)
        rows = frame.groupby("target").size()
        where = frame.map_partitions(_place, meta=("place", "object"))
        total, count, places = client.gather(client.compute([sums, rows, where]))
    return {
        "ink": {str(key): float(value) for key, value in total.sort_index().items()},
        "rows": {str(key): int(value) for key, value in count.sort_index().items()},
        "places": sorted(set(places)),
    }


def _place(part: Any) -> Any:
    import pandas as pd

    given = f"{os.environ['FAIRLEAD_TEST_FLAVOR']} {len(context.secret('canary'))}"
    here = f"rank {context.rank} in {os.uname().nodename}/{os.getpid()}: {given}"
    return pd.Series([here] if len(part) else [], dtype="object")


@step
def load_digits() -> Any:
    """Return the 1,797 scans of digits that come with scikit-learn, as a data frame."""
    from sklearn.datasets import load_digits as load

    return load(as_frame=True).frame


@pipeline
def inking(partitions: int = 12) -> None:
    """Aggregate a real data frame across processes."""
    ink(load_digits(), partitions)


# A node of Ray that needs more than half a minute to start, on a busy machine, gives up.
@step(distributed=Distributed(nodes=2, kind="ray"), retries=2, cache=False)
def scatter(numbers: int) -> dict[str, Any]:
    """Estimate pi by tasks on every node of a Ray cluster."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ray.init(log_to_driver=False)
    task = ray.remote(_throw)
    places = [NodeAffinitySchedulingStrategy(node["NodeID"], soft=False) for node in ray.nodes()]  # type: ignore[no-untyped-call]
    asked = [
        task.options(scheduling_strategy=places[seed % len(places)]).remote(seed, numbers)
        for seed in range(8)
    ]
    counts, nodes = zip(*ray.get(asked), strict=True)
    ray.shutdown()
    return {"pi": 4 * sum(counts) / (8 * numbers), "nodes": sorted(set(nodes))}


def _throw(seed: int, numbers: int) -> tuple[int, str]:
    import random

    import ray

    dice = random.Random(seed)  # noqa: S311 - an estimate
    hits = sum(dice.random() ** 2 + dice.random() ** 2 <= 1 for _ in range(numbers))
    return hits, ray.get_runtime_context().get_node_id()


@pipeline
def scattering(numbers: int = 200_000) -> None:
    """Use two nodes of a Ray cluster."""
    scatter(numbers)
