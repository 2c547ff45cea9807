"""The local step operator: nothing to provision, a share of the machine to promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead_components.local.local_step_operator import LocalStepOperator, LocalStepOperatorArgs


def test_it_promises_its_share(record: Callable[..., Any]) -> None:
    args = LocalStepOperatorArgs(cpu=1.5, memory=2**30, gpu=0)
    contract, recorder = record(lambda: LocalStepOperator("small", args).contract)
    assert recorder.made() == {"fairlead-components:index:LocalStepOperator small"}
    assert contract == {
        "flavor": "local", "version": "1.0", "cpu": 1.5, "memory": 2**30, "gpu": 0,
    }  # fmt: skip
