"""An orchestrator that is a small job of the cluster: it walks the graph, and is resumed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component
from fairlead_components.kubernetes.pods import JobArgs, check_jobs, jobs, pod_wires

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class KubernetesOrchestratorArgs(JobArgs):
    """Say how runs are walked; what is said of jobs is said of the runners'.

    Attributes:
        parallelism: The most steps of a run at once; what the namespace allows if not given.
    """

    parallelism: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 1})


class KubernetesOrchestrator(Component):
    """Promise where runners run; the jobs themselves come with the runs.

    Its namespace holds all that it needs: the quota, the policies and the runner's role.
    """

    kind = "orchestrator"
    flavor = "kubernetes"
    wires = pod_wires("runner")

    def __init__(
        self,
        name: str,
        args: KubernetesOrchestratorArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KubernetesOrchestratorArgs, args)
        super().__init__(name, args, opts)
        self.publish(**jobs(args, "runner"), parallelism=args.parallelism)

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow."""
        yield from super().check(args)
        yield from check_jobs(args)
