"""An orchestrator that is a process of this machine."""

from dataclasses import dataclass, field
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class LocalOrchestratorArgs:
    """Say how runs are walked.

    Attributes:
        parallelism: The most steps that run at once; what the machine has if not given.
    """

    parallelism: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 1})


class LocalOrchestrator(Component):
    """Walk graphs in a process of this machine; there is nothing to provision."""

    kind = "orchestrator"
    flavor = "local"

    def __init__(
        self,
        name: str,
        args: LocalOrchestratorArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(LocalOrchestratorArgs, args)
        super().__init__(name, args, opts)
        self.publish(parallelism=args.parallelism)
