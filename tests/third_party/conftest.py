"""A package of somebody else's, installed as its users install it: with its entry points."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead import registry
from fairlead.contracts.manifest import StackManifest

PACKAGE = Path(__file__).parent / "package"


@pytest.fixture(scope="session")
def installed_shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package into a folder of its own."""
    target = tmp_path_factory.mktemp("third-party")
    source = tmp_path_factory.mktemp("source") / "package"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__"))
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    uv = shutil.which("uv", path=beside)
    install = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    options = ["--python", sys.executable] if uv else []
    subprocess.run(
        [*install, "install", "-q", *options, "--no-deps", "--target", target, source], check=True
    )
    return target


@pytest.fixture
def shelf(installed_shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process, and those that it starts, import the package for one test."""
    monkeypatch.setenv("PYTHONPATH", str(installed_shelf))
    monkeypatch.syspath_prepend(installed_shelf)
    _forget()
    yield installed_shelf
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    importlib.invalidate_caches()
    registry._third_party.cache_clear()


@pytest.fixture
def shelf_stack(shelf: Path, tmp_path: Path) -> StackManifest:
    """A stack on the package's store and orchestrator, as a person would write it by hand."""
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    return StackManifest.build(
        "shelf",
        "local",
        {
            "artifact_store": {
                "flavor": "shelf", "url": f"shelf://{tmp_path}/objects.db", "allow_pickle": True,
            },
            "orchestrator": {"flavor": "spawn"},
            "secret_store": {"flavor": "local", "path": str(secrets)},
        },
    )  # fmt: skip
