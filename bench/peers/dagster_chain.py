"""Run a chain of no-op ops in Dagster: ``dagster_chain.py LENGTH FOLDER``, in its environment.

One process runs all ops (``execute_in_process``); outputs are pickled files, and runs and events
go to the SQLite databases of a persistent instance. Dagster's default executor, a process for
each op, costs many times more.
"""

# mypy: disable-error-code="import-not-found,untyped-decorator"
from __future__ import annotations

import sys
from pathlib import Path

from dagster import DagsterInstance, FilesystemIOManager, job, op


@op
def begin() -> int:
    return 0


@op
def follow(value: int) -> int:
    return value + 1


def main(length: int, folder: Path) -> None:
    @job(resource_defs={"io_manager": FilesystemIOManager(base_dir=str(folder / "outputs"))})
    def chain() -> None:
        value = begin()
        for number in range(1, length):
            value = follow.alias(f"follow_{number}")(value)

    result = chain.execute_in_process(instance=DagsterInstance.get())
    assert result.output_for_node(f"follow_{length - 1}") == length - 1
    assert sum(path.is_file() for path in (folder / "outputs").rglob("result")) == length


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
