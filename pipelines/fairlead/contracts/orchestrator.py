"""What walks a pipeline's graph on a stack."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.contracts.base import Contract
from fairlead.contracts.pods import Pods


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


class KubernetesOrchestratorContract(OrchestratorContract):
    """Walk the graph in a job of a cluster.

    Attributes:
        pods: Where the runner's pod runs, and as whom.
        image: What the runner runs in; None takes the image that was built for the stack.
        cpu: Cores that the runner's pod asks for.
        memory: Bytes that the runner's pod may use.
        ttl_seconds: How long finished jobs are kept; their outcome stays in the store.
    """

    flavor: Literal["kubernetes"] = "kubernetes"
    pods: Pods
    image: str | None = None
    cpu: float = Field(default=0.1, gt=0)
    memory: int = Field(default=512 << 20, gt=0)
    ttl_seconds: int = Field(default=3600, ge=0)
