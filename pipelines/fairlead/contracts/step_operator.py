"""What runs one attempt of one step."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.contracts.base import Contract
from fairlead.contracts.pods import Pods


class StepOperatorContract(Contract):
    """Name a place where attempts of steps run."""


class LocalStepOperatorContract(StepOperatorContract):
    """Run attempts in worker processes of this machine.

    Attributes:
        cpu: Cores that steps may ask for in total; None is what the machine has.
        memory: Bytes that steps may ask for in total; None is what the machine has.
        gpu: Accelerators that steps may ask for in total; None is what the machine has.
    """

    flavor: Literal["local"] = "local"
    cpu: float | None = Field(default=None, gt=0)
    memory: int | None = Field(default=None, gt=0)
    gpu: int | None = Field(default=None, ge=0)


class KubernetesStepOperatorContract(StepOperatorContract):
    """Run each attempt in a job of a cluster.

    Attributes:
        pods: Where pods run, and as whom.
        image: What steps run in that name no image; None takes the one built for the stack.
        cpu: Cores that a step gets which asks for none.
        memory: Bytes that a step gets which asks for none.
        gpu_resource: What accelerators are called on the nodes: ``nvidia.com/gpu``.
        gpu_types: Type of accelerator that a step may ask for → the labels of nodes that have it.
        max_cpu: The most cores that a step may ask for; None leaves it to quota and nodes.
        max_memory: The most bytes that a step may ask for; None leaves it to quota and nodes.
        max_gpu: The most accelerators that a step may ask for; None leaves it to the nodes.
        scratch: Bytes of disk that a step may fill.
        pending_seconds: How long a pod may wait for a node or its image before it is an error.
        ttl_seconds: How long finished jobs are kept; their outcome stays in the store.
    """

    flavor: Literal["kubernetes"] = "kubernetes"
    pods: Pods
    image: str | None = None
    cpu: float = Field(default=1.0, gt=0)
    memory: int = Field(default=2 << 30, gt=0)
    gpu_resource: str = "nvidia.com/gpu"
    gpu_types: dict[str, dict[str, str]] = Field(default_factory=dict)
    max_cpu: float | None = Field(default=None, gt=0)
    max_memory: int | None = Field(default=None, gt=0)
    max_gpu: int | None = Field(default=None, ge=0)
    scratch: int = Field(default=10 << 30, gt=0)
    pending_seconds: int = Field(default=900, gt=0)
    ttl_seconds: int = Field(default=3600, ge=0)
