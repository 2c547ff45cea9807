"""What runs one attempt of one step."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.contracts.base import Contract


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
