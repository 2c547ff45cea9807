"""Stand-in executables and Pulumi projects for the engine's tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead_components.engine import location
from fairlead_components.engine.environment import engine_environment
from plugin_stand_ins import keep_from_downloading


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty engine cache and no engine anywhere else."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("FAIRLEAD_CACHE_DIR", str(folder))
    monkeypatch.delenv("FAIRLEAD_ENGINE", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    location.forget()
    yield folder
    location.forget()


@pytest.fixture
def executable() -> Callable[[Path, str], Path]:
    """Write a program that answers `pulumi version` with a version."""

    def write(path: Path, version: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho v{version}\n")
        path.chmod(0o755)
        return path

    return write


@dataclass
class Pulumi:
    """A Pulumi project in a folder of its own, driven by hand."""

    directory: Path
    environment: dict[str, str]

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.directory / name.replace("__main__", "__main__.py")).write_text(
                textwrap.dedent(text)
            )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, status: int | None = 0) -> str:
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=120)
        assert status is None or process.returncode == status, said
        return said

    def fails(self, *arguments: str) -> str:
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=120)
        assert process.returncode != 0, said
        return said


@pytest.fixture
def pulumi(tmp_path: Path) -> Pulumi:
    """A project `demo` with a file backend and the stack `dev`, in the tests' own environment."""
    directory = tmp_path / "project"
    directory.mkdir()
    environment = os.environ | engine_environment() | {"PULUMI_HOME": str(tmp_path / "home")}
    keep_from_downloading(tmp_path / "home")
    project = Pulumi(directory, environment)
    (directory / "Pulumi.yaml").write_text(
        "name: demo\n"
        f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        'backend: {url: "file://./.state?create_dir=true"}\n'
    )
    project.run("stack", "init", "dev")
    return project


@pytest.fixture(scope="session")
def policy_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pulumi_policy, which cannot share ours (it pins protobuf 5)."""
    folder = tmp_path_factory.mktemp("policy") / "venv"
    uv = shutil.which("uv")
    if uv:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
        install = [uv, "pip", "install", "-q", "--python", str(folder / "bin" / "python")]
    else:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q"]
    subprocess.run([*install, "pulumi-policy==1.21.0"], check=True)
    return folder
