"""What walks a pipeline's graph on a stack."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.contracts.base import Contract


class OrchestratorContract(Contract):
    """Say how runs are walked.

    Attributes:
        strategy: ``runner`` walks the graph in one small job; ``native`` compiles it to the
            backend's own DAG.
        parallelism: The most steps that run at once; None leaves it to the operator's capacity.
    """

    strategy: Literal["runner", "native"] = "runner"
    parallelism: int | None = Field(default=None, ge=1)


class LocalOrchestratorContract(OrchestratorContract):
    """Walk the graph in a process of this machine."""

    flavor: Literal["local"] = "local"
