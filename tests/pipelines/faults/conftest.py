"""Projects for tests of faults."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fault_project import Cli, bind_to


@pytest.fixture
def project(tmp_path: Path) -> Cli:
    """A project with stacks, nothing of which is provisioned."""
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "stacks" / "Pulumi.yaml").write_text(
        'name: faults\nruntime: python\nbackend: {url: "file://./.state?create_dir=true"}\n'
    )
    (folder / "stacks" / "Pulumi.local.yaml").write_text("config: {fairlead:provider: local}\n")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")
    }
    environment |= {
        "FAIRLEAD_CACHE_DIR": str(tmp_path / "cache"),
        "XDG_CACHE_HOME": str(tmp_path / "caches"),
        "NO_COLOR": "1",
    }
    return Cli(folder, environment)


@pytest.fixture
def stacked(project: Cli, tmp_path: Path) -> Cli:
    """The same, bound to a local stack by its manifest."""
    bind_to(project, tmp_path / "stack")
    return project
