"""Run a chain of no-op steps in Metaflow: ``metaflow_chain.py LENGTH FOLDER``, in its environment.

Metaflow reads a flow's steps from the source of its class, so the flow is written out first. Each
step is a process, which stores the step's attributes as pickles in the local datastore and its
metadata as files.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def source(length: int) -> str:
    """Return a flow of as many steps; Metaflow requires the names of the first and the last."""
    names = ["start", *(f"follow_{number}" for number in range(1, length - 1)), "end"]
    lines = ["from metaflow import FlowSpec, step", "", "class Chain(FlowSpec):"]
    for number, name in enumerate(names):
        value = "self.value + 1" if number else "0"
        lines += ["    @step", f"    def {name}(self):", f"        self.value = {value}"]
        if name != "end":
            lines.append(f"        self.next(self.{names[number + 1]})")
    return "\n".join([*lines, "", "if __name__ == '__main__':", "    Chain()", ""])


def main(length: int, folder: Path) -> None:
    flow = folder / "chain.py"
    flow.write_text(source(length))
    command = [sys.executable, str(flow), "--quiet", "--no-pylint", "run"]
    subprocess.run([*command, "--run-id-file", str(folder / "run")], check=True, cwd=folder)
    from metaflow import Run, namespace  # type: ignore[import-not-found]

    namespace(None)
    run = Run(f"Chain/{(folder / 'run').read_text().strip()}")
    assert run.data.value == length - 1
    assert len(list(run)) == length


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
