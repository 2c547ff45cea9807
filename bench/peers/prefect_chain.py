"""Run a chain of no-op tasks in Prefect: ``prefect_chain.py LENGTH FOLDER``, in its environment.

Results are persisted in local storage; runs and states go to the SQLite database of Prefect's
ephemeral API server, a child process on the loopback interface.
"""

# mypy: disable-error-code="import-not-found,untyped-decorator"
from __future__ import annotations

import sys
from pathlib import Path

from prefect import flow, task


@task(persist_result=True)
def begin() -> int:
    return 0


@task(persist_result=True)
def follow(value: int) -> int:
    return value + 1


@flow
def chain(length: int) -> int:
    value: int = begin()
    for _ in range(length - 1):
        value = follow(value)
    return value


def main(length: int, folder: Path) -> None:
    assert chain(length) == length - 1
    results = sum(path.is_file() for path in (folder / "home" / "storage").rglob("*"))
    assert results >= length, results


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
