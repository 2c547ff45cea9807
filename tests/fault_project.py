"""A user's project, driven through the real command line as a subprocess."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.testing.plugin import local_manifest


@dataclass
class Said:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    def refuses(self, status: int, *parts: str) -> None:
        """Assert that it ended with one clear paragraph and nothing of our insides."""
        shown = f"status {self.status}\n{self.out}\n{self.err}"
        assert self.status == status, shown
        assert ("interrupted: " if status == 130 else "error: ") in self.err, shown
        assert "Traceback (most recent call last)" not in self.err.partition("step '")[0], shown
        assert "site-packages" not in self.err, shown
        assert "fairlead/cli" not in self.err, shown
        assert "fairlead/runner" not in self.err, shown
        assert len(self.err.splitlines()) < 30, shown
        for part in parts:
            assert part in self.err, shown


@dataclass
class Cli:
    """The ``fairlead`` command in a project of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "fairlead.cli.main", *command],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *command: str, **environment: str) -> Said:
        return self.end(self.start(*command, **environment))

    def end(self, process: subprocess.Popen[str]) -> Said:
        out, err = process.communicate(timeout=60)
        return Said(process.returncode, out, err)

    def data(self, *command: str) -> Any:
        said = self(*command, "--json")
        assert said.status == 0, said
        return json.loads(said.out)

    def write(self, text: str, name: str = "train.py") -> None:
        (self.folder / name).write_text(text)


def bind_to(cli: Cli, folder: Path) -> None:
    """Let a project's commands use a local stack whose data lie in a folder."""
    manifest = local_manifest(folder)
    path = cli.folder.parent / "manifest.json"
    path.write_text(json.dumps(manifest.document()))
    cli.environment["FAIRLEAD_MANIFEST"] = str(path)


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """Return the first true answer of a condition."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain until {what}")


def alive(pid: int) -> bool:
    """Say whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
