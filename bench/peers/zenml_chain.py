"""Run a chain of no-op steps in ZenML: ``zenml_chain.py LENGTH FOLDER``, in its environment.

The default stack: the local orchestrator runs all steps in one process, artifacts are files and
the metadata goes to the SQLite store, with no server between.
"""

# mypy: disable-error-code="import-not-found,untyped-decorator"
from __future__ import annotations

import sys
from pathlib import Path

from zenml import pipeline, step
from zenml.client import Client


@step(enable_cache=False)
def begin() -> int:
    return 0


@step(enable_cache=False)
def follow(value: int) -> int:
    return value + 1


@pipeline(enable_cache=False)
def chain(length: int) -> None:
    value = begin()
    for number in range(1, length):
        value = follow(value, id=f"follow_{number}")


def main(length: int, folder: Path) -> None:
    Client.initialize(root=folder)
    run = Client().get_pipeline_run(chain(length).id)
    assert run.status == "completed", run.status
    last = run.steps[f"follow_{length - 1}"]
    assert last.output.load() == length - 1


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
