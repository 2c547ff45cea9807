"""What fits on one machine: the cores, bytes and accelerators that steps may use at once."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from fairlead.contracts.step_operator import LocalStepOperatorContract
from fairlead.graph import StepOptions


class Capacity:
    """Weigh what steps ask for against what the contract allows, or else the machine has.

    Example:
        >>> capacity = Capacity(LocalStepOperatorContract(cpu=2))
        >>> capacity.admits([StepOptions()], StepOptions())
        True
        >>> capacity.admits([StepOptions(), StepOptions()], StepOptions())
        False
    """

    def __init__(self, contract: LocalStepOperatorContract) -> None:
        self.contract = contract

    @cached_property
    def cpu(self) -> float:
        """Return the cores that steps may use in all."""
        return self.contract.cpu or float(len(os.sched_getaffinity(0)))

    @cached_property
    def memory(self) -> int:
        """Return the bytes that steps may use in all."""
        return self.contract.memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    @cached_property
    def gpu(self) -> int:
        """Return the accelerators that steps may use in all."""
        if self.contract.gpu is not None:
            return self.contract.gpu
        return len([p for p in Path("/dev").glob("nvidia*") if p.name[6:].isdigit()])

    def refuses(self, options: StepOptions) -> str | None:
        """Return why a step could never run on this machine."""
        asked, nodes = options.resources, options.nodes
        wants = {
            "cpu": ((asked.cpu or 0.0) * nodes, self.cpu, "cores"),
            "memory": ((asked.memory_bytes or 0) * nodes, self.memory, "bytes of memory"),
            "gpu": (asked.gpu * nodes, self.gpu, "accelerators"),
        }
        over = [
            f"{wanted:g} {unit} where this machine has {has:g}"
            for wanted, has, unit in wants.values()
            if wanted > has
        ]
        if not over:
            return None
        each = f" for its {nodes} nodes" if nodes > 1 else ""
        return (
            f"it asks for {' and '.join(over)}{each}. Ask for less, name another step operator, or "
            "set what may be used in the stack's config (step operator `local`: cpu, memory, gpu)."
        )

    def admits(self, running: list[StepOptions], candidate: StepOptions) -> bool:
        """Say whether a step fits beside those that run; one that names no cores counts as one."""
        everything = [
            options.resources for options in (*running, candidate) for _ in range(options.nodes)
        ]
        if not running:
            return True
        return (
            sum(r.cpu if r.cpu is not None else 1.0 for r in everything) <= max(self.cpu, 1.0)
            and sum(r.memory_bytes or 0 for r in everything) <= self.memory
            and sum(r.gpu for r in everything) <= self.gpu
        )
