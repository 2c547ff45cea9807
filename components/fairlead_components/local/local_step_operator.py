"""A step operator that starts processes of this machine."""

from dataclasses import dataclass, field
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class LocalStepOperatorArgs:
    """Say how much of the machine steps may use in total.

    Attributes:
        cpu: Cores; what the machine has if not given.
        memory: Bytes; what the machine has if not given.
        gpu: Accelerators; what the machine has if not given.
    """

    cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    gpu: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 0})


class LocalStepOperator(Component):
    """Run attempts of steps in worker processes; there is nothing to provision."""

    kind = "step_operator"
    flavor = "local"

    def __init__(
        self,
        name: str,
        args: LocalStepOperatorArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(LocalStepOperatorArgs, args)
        super().__init__(name, args, opts)
        self.publish(cpu=args.cpu, memory=args.memory, gpu=args.gpu)
