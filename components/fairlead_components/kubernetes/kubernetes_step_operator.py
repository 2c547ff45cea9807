"""A step operator that runs each attempt in a job of the cluster."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire
from fairlead_components.kubernetes.defaults import check_image
from fairlead_components.kubernetes.pods import PodsArgs, pods

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class KubernetesStepOperatorArgs:
    """Say where steps run, and what they get that ask for nothing.

    Attributes:
        image: What steps run in that name no image, by digest; the one built for the stack if not
            given.
        cpu: Cores that a step gets which asks for none.
        memory: Bytes that a step gets which asks for none.
        gpu_resource: What accelerators are called on the nodes; ``nvidia.com/gpu`` if not given.
        max_cpu: The most cores that a step may ask for.
        max_memory: The most bytes that a step may ask for.
        max_gpu: The most accelerators that a step may ask for.
        scratch: Bytes of disk that a step may fill.
        pending_seconds: How long a pod may wait for a node or its image.
        ttl_seconds: How long finished jobs are kept.
        pods: On which nodes steps run.
        namespace: Where; the cluster component's if not given.
        service_account: Whom steps run as; the identity component's step if not given.
        pull_secrets: Secrets that images are pulled with; the registry's if not given.
    """

    image: Optional[pulumi.Input[str]] = None
    cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    gpu_resource: Optional[pulumi.Input[str]] = None
    max_cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    max_memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    max_gpu: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 0})
    scratch: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    pending_seconds: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    ttl_seconds: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 0})
    pods: Optional[PodsArgs] = None
    namespace: Optional[pulumi.Input[str]] = None
    service_account: Optional[pulumi.Input[str]] = None
    pull_secrets: Optional[pulumi.Input[list[str]]] = None


class KubernetesStepOperator(Component):
    """Promise where steps run; the jobs themselves come with the runs."""

    kind = "step_operator"
    flavor = "kubernetes"
    wires = MappingProxyType(
        {
            "namespace": Wire("cluster", "namespace"),
            "service_account": Wire("identity", "step"),
            "pull_secrets": Wire("container_registry", "pull_secrets"),
        }
    )

    def __init__(
        self,
        name: str,
        args: KubernetesStepOperatorArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KubernetesStepOperatorArgs, args)
        super().__init__(name, args, opts)
        self.publish(
            pods=pods(
                args.pods,
                "step",
                args.namespace or "default",
                args.service_account or "step",
                args.pull_secrets,
            ),
            image=args.image,
            cpu=args.cpu,
            memory=args.memory,
            gpu_resource=args.gpu_resource,
            max_cpu=args.max_cpu,
            max_memory=args.max_memory,
            max_gpu=args.max_gpu,
            scratch=args.scratch,
            pending_seconds=args.pending_seconds,
            ttl_seconds=args.ttl_seconds,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow."""
        yield from super().check(args)
        yield from check_image("image", args.image)
