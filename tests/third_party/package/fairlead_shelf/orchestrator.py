"""Run each attempt in a process of its own, and a run in one that outlives its submitter."""

# fmt: off
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

from fairlead.capabilities import Capabilities
from fairlead.contracts.orchestrator import OrchestratorContract
from fairlead.ports.attempt import AttemptReport, AttemptStatus
from fairlead.runtime.logs import tail
from fairlead.runtime.process_end import describe_end


class SpawnContract(OrchestratorContract):
    flavor: Literal["spawn"] = "spawn"


def start(*command, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", *command], env={**os.environ, **environment, "PYTHONHASHSEED": "0"},
        start_new_session=True, **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
    )


class SpawnOrchestrator:
    foreground = True  # whoever waits for a run walks it

    def __init__(self, contract): self.contract = contract
    def operator(self): return SpawnOperator()
    def submit(self, run): return str(start("fairlead.runner", f"{run.run_uri}@{run.run_digest}").pid)
    def alive(self, run): return None  # the runner's beat says it
    def cancel(self, run): pass  # the runner looks for cancel.json by itself


class SpawnOperator:
    capabilities = Capabilities(backend="spawn")

    def __init__(self): self.folder, self.attempts = Path(tempfile.mkdtemp()), {}

    def submit(self, attempt):
        log = self.folder / f"{len(self.attempts)}.log"
        run, number = f"{attempt.run_uri}@{attempt.run_digest}", str(attempt.number)
        command = ("fairlead.runtime", run, attempt.step, "--attempt", number, "--log", str(log))
        self.attempts[log.name] = start(*command, **attempt.options.environment), log
        return log.name

    def status(self, reference):
        process, log = self.attempts[reference]
        if (code := process.poll()) is None:
            return AttemptReport(AttemptStatus.RUNNING)
        last = tail(log.read_text(errors="replace")) if log.exists() else ""
        return AttemptReport(AttemptStatus.ENDED, describe_end(code), last)

    def cancel(self, reference):
        self.attempts[reference][0].kill()
        self.attempts[reference][0].wait()

    def changes(self, timeout):  # optional: without it the runner asks every two seconds
        until = time.monotonic() + timeout
        while True:
            ended = [name for name, (process, _) in self.attempts.items() if process.poll() is not None]
            if ended or time.monotonic() > until:
                return ended
            time.sleep(0.02)
