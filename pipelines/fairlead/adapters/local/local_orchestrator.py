"""Walk runs on this machine: in the caller's process, or in one that outlives it."""

from __future__ import annotations

import os
import subprocess
import sys

from fairlead.contracts.orchestrator import LocalOrchestratorContract
from fairlead.contracts.step_operator import LocalStepOperatorContract
from fairlead.ports.orchestrator import RunReference
from fairlead.ports.step_operator import StepOperator
from fairlead.registry import load
from fairlead.runtime.session import split_run_uri
from fairlead.store.layout import RunLayout
from fairlead.store.objects import open_objects


class LocalOrchestrator:
    """Start runners on this machine."""

    foreground = True

    def __init__(self, contract: LocalOrchestratorContract) -> None:
        self.contract = contract

    def operator(self) -> StepOperator:
        """Return worker processes with all that the machine has."""
        operator: StepOperator = load("fairlead.adapters", "step_operator.local")(
            LocalStepOperatorContract()
        )
        return operator

    def submit(self, run: RunReference) -> str:
        """Start ``python -m fairlead.runner`` in a session of its own."""
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "fairlead.runner", f"{run.run_uri}@{run.run_digest}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        return str(process.pid)

    def alive(self, run: RunReference) -> bool | None:
        """Say whether a runner holds the run's lease, by its file lock."""
        from fairlead.runner.lease import alive

        root, run_id = split_run_uri(run.run_uri)
        return alive(open_objects(root), RunLayout(run_id))

    def cancel(self, run: RunReference) -> None:
        """Do nothing further: the runner itself sees cancel.json within a second."""
