"""Call a step's function on every rank, in the environment that PyTorch's own launcher makes.

``torch.distributed.init_process_group()`` takes all that it needs from there. PyTorch itself is the
step's to import; any other library that meets by these variables works as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fairlead.graph import Resources
from fairlead.runtime.engines.environment import environment
from fairlead.runtime.rank import Rank, free_port

EVERYWHERE = True


@contextmanager
def gathered(rank: Rank, resources: Resources) -> Iterator[None]:
    """Set the variables; the ranks meet when the step's function asks them to.

    Args:
        rank: Which of them this is.
        resources: What each of them may use.

    Source:
        https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables
    """
    del resources
    with environment(variables(rank)):
        yield


def variables(rank: Rank) -> dict[str, str]:
    """Return the variables that tell a rank who it is and where the others are.

    Example:
        >>> found = variables(Rank(1, 4, "127.0.0.1", 29500))
        >>> found["MASTER_ADDR"], found["RANK"], found["LOCAL_RANK"], found["WORLD_SIZE"]
        ('127.0.0.1', '1', '1', '4')
    """
    found = {
        "MASTER_ADDR": rank.host,
        "MASTER_PORT": str(rank.port or free_port(rank.host)),
        "RANK": str(rank.number),
        "WORLD_SIZE": str(rank.nodes),
        "LOCAL_RANK": str(rank.number if rank.together else 0),
        "LOCAL_WORLD_SIZE": str(rank.nodes if rank.together else 1),
        "GROUP_RANK": str(0 if rank.together else rank.number),
        "GROUP_WORLD_SIZE": str(1 if rank.together else rank.nodes),
        "ROLE_RANK": str(rank.number),
        "ROLE_WORLD_SIZE": str(rank.nodes),
    }
    if rank.together:  # what the ranks say to each other does not leave the machine
        loopback = "lo0" if sys.platform == "darwin" else "lo"
        found |= {"GLOO_SOCKET_IFNAME": loopback, "NCCL_SOCKET_IFNAME": loopback}
    return found


def serve(rank: Rank, resources: Resources, gone: Callable[[], bool]) -> None:
    """Refuse: every rank calls the step's function."""
    raise NotImplementedError
