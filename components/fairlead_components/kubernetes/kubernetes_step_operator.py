"""A step operator that runs each attempt in a job of the cluster."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component
from fairlead_components.kubernetes.pods import JobArgs, check_jobs, jobs, pod_wires

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class KubernetesStepOperatorArgs(JobArgs):
    """Say where steps run, and what they get that ask for nothing.

    Attributes:
        gpu_resource: What accelerators are called on the nodes; ``nvidia.com/gpu`` if not given.
        gpu_types: Type of accelerator, as ``Resources(gpu_type=…)`` names it → the labels of the
            nodes that have it: ``{"a100": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}}``.
        max_cpu: The most cores that a step may ask for.
        max_memory: The most bytes that a step may ask for.
        max_gpu: The most accelerators that a step may ask for.
        scratch: Bytes of disk that a step may fill.
        pending_seconds: How long a pod may wait for a node or its image.
    """

    gpu_resource: Optional[pulumi.Input[str]] = None
    gpu_types: Optional[dict[str, dict[str, str]]] = None
    max_cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    max_memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    max_gpu: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 0})
    scratch: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    pending_seconds: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})


class KubernetesStepOperator(Component):
    """Promise where steps run; the jobs themselves come with the runs."""

    kind = "step_operator"
    flavor = "kubernetes"
    wires = pod_wires("step")

    def __init__(
        self,
        name: str,
        args: KubernetesStepOperatorArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KubernetesStepOperatorArgs, args)
        super().__init__(name, args, opts)
        self.publish(
            **jobs(args, "step"),
            gpu_resource=args.gpu_resource,
            gpu_types=args.gpu_types,
            max_cpu=args.max_cpu,
            max_memory=args.max_memory,
            max_gpu=args.max_gpu,
            scratch=args.scratch,
            pending_seconds=args.pending_seconds,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow."""
        yield from super().check(args)
        yield from check_jobs(args)
