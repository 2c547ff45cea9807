"""An orchestrator that is a small job of the cluster: it walks the graph, and is resumed."""

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
class KubernetesOrchestratorArgs:
    """Say how runs are walked.

    Attributes:
        parallelism: The most steps of a run at once; what the namespace allows if not given.
        image: What the runner runs in, by digest; the image built for the stack if not given.
        cpu: Cores that the runner gets.
        memory: Bytes that the runner may use.
        ttl_seconds: How long finished jobs are kept.
        pods: On which nodes runners run.
        namespace: Where; the cluster component's if not given.
        service_account: Whom runners run as; the identity component's runner if not given.
        pull_secrets: Secrets that images are pulled with; the registry's if not given.
    """

    parallelism: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 1})
    image: Optional[pulumi.Input[str]] = None
    cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    ttl_seconds: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 0})
    pods: Optional[PodsArgs] = None
    namespace: Optional[pulumi.Input[str]] = None
    service_account: Optional[pulumi.Input[str]] = None
    pull_secrets: Optional[pulumi.Input[list[str]]] = None


class KubernetesOrchestrator(Component):
    """Promise where runners run; the jobs themselves come with the runs.

    Its namespace holds all that it needs: the quota, the policies and the runner's role.
    """

    kind = "orchestrator"
    flavor = "kubernetes"
    wires = MappingProxyType(
        {
            "namespace": Wire("cluster", "namespace"),
            "service_account": Wire("identity", "runner"),
            "pull_secrets": Wire("container_registry", "pull_secrets"),
        }
    )

    def __init__(
        self,
        name: str,
        args: KubernetesOrchestratorArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KubernetesOrchestratorArgs, args)
        super().__init__(name, args, opts)
        self.publish(
            pods=pods(
                args.pods,
                "runner",
                args.namespace or "default",
                args.service_account or "runner",
                args.pull_secrets,
            ),
            parallelism=args.parallelism,
            image=args.image,
            cpu=args.cpu,
            memory=args.memory,
            ttl_seconds=args.ttl_seconds,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow."""
        yield from super().check(args)
        yield from check_image("image", args.image)
