"""Give a step a Dask cluster of all its ranks; needs ``fairlead[dask]``.

Rank 0 holds the scheduler, a worker, and the step's function, in which ``Client()`` connects by
itself. Every other rank is a worker. No nanny starts a worker again: a rank that dies fails the
attempt, which is tried again as a whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fairlead.errors import BackendError, MissingExtraError
from fairlead.graph import Resources
from fairlead.runtime.engines.environment import environment
from fairlead.runtime.rank import Rank, Ranks

EVERYWHERE = False

#: Seconds within which every rank must have come; pods may have waited for nodes until then.
_GATHER = 1800.0


@contextmanager
def gathered(rank: Rank, resources: Resources) -> Iterator[None]:
    """Run the cluster while the step's function runs, from when every rank has joined.

    Args:
        rank: Rank 0.
        resources: Cores are a worker's threads, memory is what it spills at.

    Raises:
        BackendError: Not every rank came.
        MissingExtraError: Dask is not installed.

    Source:
        https://docs.dask.org/en/stable/configuration.html (``DASK_SCHEDULER_ADDRESS``)
    """
    dask, distributed = _import()
    address = rank.address()
    with (
        dask.config.set(_SETTINGS),
        distributed.LocalCluster(
            n_workers=1,
            processes=False,
            protocol="tcp://",
            host=address,
            scheduler_port=rank.port,
            scheduler_kwargs={"dashboard": False},
            dashboard_address=None,
            worker_dashboard_address=None,
            **_worker(resources),
        ) as cluster,
    ):
        scheduler = cluster.scheduler_address
        with distributed.Client(scheduler) as client:
            try:
                client.wait_for_workers(rank.nodes, timeout=_GATHER)
            except TimeoutError as error:
                raise BackendError(f"not all of {rank.nodes} ranks came: {error}") from None
        # Dask reads its environment when it is imported, so the setting is made as well.
        found = {"DASK_SCHEDULER_ADDRESS": scheduler}
        with environment(found), dask.config.set({"scheduler-address": scheduler}):
            yield


def serve(rank: Rank, resources: Resources, gone: Callable[[], bool]) -> None:
    """Be a worker until the scheduler closes.

    Args:
        rank: Which rank this is.
        resources: As for rank 0.
        gone: Says whether rank 0 has done its part.
    """
    dask, distributed = _import()
    rank.reach_head(gone)
    scheduler = f"tcp://{rank.host}:{rank.port}"

    async def work() -> None:
        async with distributed.Worker(
            scheduler,
            nthreads=_worker(resources)["threads_per_worker"],
            memory_limit=_worker(resources)["memory_limit"],
            name=f"rank-{rank.number}",
            host=rank.address(),
            dashboard=False,
        ) as worker:
            await worker.finished()

    with dask.config.set({**_SETTINGS, "scheduler-address": scheduler}):
        asyncio.run(work())
    # A scheduler that went with its rank is that rank's failure to tell, not this one's.
    if not Ranks.wait_until(gone, seconds=60):
        raise BackendError("the scheduler was lost before the step had ended")


_SETTINGS = {
    "distributed.comm.timeouts.connect": "60s",
    # What fills a rank is often not Dask's, so that a paused worker would wait for ever, without a
    # word; the limit of the rank itself ends it.
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
}


def _worker(resources: Resources) -> dict[str, Any]:
    threads = max(1, int(resources.cpu or 1))
    return {"threads_per_worker": threads, "memory_limit": resources.memory_bytes or "auto"}


def _import() -> tuple[Any, Any]:
    try:
        import dask
        import distributed
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"a step of kind 'dask' needs the package {error.name!r}, which is not installed: "
            "pip install 'fairlead[dask]', or add it to the packages of the step's image"
        ) from None
    logging.getLogger("distributed").setLevel(logging.WARNING)  # comings and goings are no news
    return dask, distributed
