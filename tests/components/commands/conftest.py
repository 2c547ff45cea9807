"""A Fairlead project whose stack is driven by our commands."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Fairlead:
    """The `fairlead` command in one folder."""

    directory: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fairlead.cli.main", *arguments],
            cwd=self.directory,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def fairlead(tmp_path: Path) -> Fairlead:
    """A project with `stacks/` and the configured, not yet created stack `local`."""
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    (stacks / "Pulumi.yaml").write_text(
        "name: demo\n"
        f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        'backend: {url: "file://./.state?create_dir=true"}\n'
    )
    (stacks / "Pulumi.local.yaml").write_text("config: {demo:size: 3}\n")
    (stacks / "__main__.py").write_text(
        "import pulumi\npulumi.export('size', pulumi.Config().require_int('size'))\n"
    )
    environment = dict(os.environ) | {"PULUMI_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        environment.pop(name, None)
    return Fairlead(tmp_path, environment)
