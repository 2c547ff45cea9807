"""Fairlead as a user gets it: the built wheel alone, in an empty environment and folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def _uv() -> str:
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    uv = shutil.which("uv", path=beside)
    assert uv, "uv is needed to build the wheel: https://docs.astral.sh/uv/"
    return uv


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([_uv(), "build", "-q", "--wheel", "-o", folder, CHECKOUT], check=True)
    (built,) = folder.glob("*.whl")
    return built


@dataclass
class Installed:
    """An environment with the wheel, and the folder in which a user works."""

    python: Path
    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, status: int = 0) -> str:
        done = subprocess.run(
            [str(self.python.parent / command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = f"$ {' '.join(command)}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == status, said
        assert str(CHECKOUT) not in said, said
        assert "Traceback" not in said, said
        return done.stdout


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Installed:
    python = tmp_path / "venv" / "bin" / "python"
    pins = tmp_path / "constraints.txt"
    shutil.copy(CHECKOUT / "constraints.txt", pins)
    subprocess.run([_uv(), "venv", "-q", "--python", sys.executable, tmp_path / "venv"], check=True)
    install = [_uv(), "pip", "install", "-q", "--python", python, "-c", pins]
    subprocess.run([*install, f"{wheel}[local]", "pytest"], check=True)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "FAIRLEAD_MANIFEST", "FAIRLEAD_STACK", "VIRTUAL_ENV"))
    }
    search = [p for p in os.environ["PATH"].split(os.pathsep) if not p.startswith(str(CHECKOUT))]
    environment |= {
        "PATH": os.pathsep.join([str(python.parent), *search]),
        "PULUMI_HOME": str(tmp_path / "pulumi"),
        "NO_COLOR": "1",
    }
    folder = tmp_path / "empty"
    folder.mkdir()
    return Installed(python, folder, environment)


def test_the_wheel_holds_what_users_need_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packages = ("fairlead", "fairlead_components", "fairlead_policies")
    assert {f"{package}/py.typed" for package in packages} <= names
    source = {name for name in names if name.startswith("fairlead_components/engine/source/")}
    assert {"go.mod", "go.sum", "tools.go"} <= {name.rpartition("/")[2] for name in source}
    templates = CHECKOUT / "pipelines" / "fairlead" / "templates"
    expected = {
        f"fairlead/templates/{path.relative_to(templates).as_posix()}"
        for path in templates.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected
    assert expected <= names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(packages)
    stray = [n for n in names if "__pycache__" in n or n.endswith(".pyc") or "/.state/" in n]
    assert not stray
    assert not [name for name in names if "/tests/" in name and not name.endswith(".jinja")]
    assert wheel.stat().st_size < 1_000_000


@pytest.mark.engine
def test_from_an_empty_environment_to_a_result(
    installed: Installed, record_property: Callable[[str, object], None]
) -> None:
    begun = time.monotonic()
    assert str(installed.python.parents[1]) in installed.run(
        "python", "-c", "import fairlead, fairlead_components as c; print(fairlead.__file__, c)"
    )
    said = installed.run("fairlead", "init", "demo")
    assert "cd demo && fairlead up local" in said
    assert "not an empty folder" not in said
    installed.run("fairlead", "init", "demo", status=2)
    installed.folder /= "demo"
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", installed.folder]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "start"], check=True)
    installed.run("fairlead", "engine", "status")
    assert "14 created" in installed.run("fairlead", "up", "local", "--yes")
    first = json.loads(
        installed.run("fairlead", "run", "pipelines/train.py", "-s", "local", "--json")
    )
    assert first["state"] == "succeeded"
    shown = installed.run("fairlead", "runs", "show", "latest")
    assert first["id"] in shown
    assert "correlation" in shown
    record_property("seconds to a shown result", round(time.monotonic() - begun, 1))
    assert "4 passed" in installed.run("pytest", "-q")
    second = installed.run("fairlead", "run", "pipelines/train.py", "-s", "local")
    assert "3 cached" in second
    assert "14 unchanged" in installed.run("fairlead", "up", "local", "--yes")
    status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == b""
    config = installed.folder / "stacks" / "Pulumi.local.yaml"
    config.write_text(
        config.read_text().replace("config:\n", "config:\n  fairlead:protect: false\n")
    )
    installed.run("fairlead", "up", "local", "--yes")
    installed.run("fairlead", "destroy", "local", "--yes")
    installed.run("fairlead", "run", "pipelines/train.py", "-s", "local", status=2)


@pytest.mark.engine
def test_the_pack_of_the_wheel_guards_plain_pulumi(installed: Installed) -> None:
    pack = Path(installed.run("fairlead", "policies", "install").strip())
    assert installed.run("fairlead", "policies", "path").strip() == str(pack)
    assert not pack.is_relative_to(installed.python.parents[1])
    assert (pack / "venv").is_dir()
    installed.run("fairlead", "init", "demo")
    installed.folder /= "demo/stacks"
    status = json.loads(installed.run("fairlead", "engine", "status", "--json"))
    engine = str(Path(status["path"]).parent)
    installed.environment |= {
        "PATH": os.pathsep.join([installed.environment["PATH"], engine]),
        "PULUMI_CONFIG_PASSPHRASE": "",
    }
    pulumi = shutil.which("pulumi", path=installed.environment["PATH"])
    assert pulumi
    installed.run(pulumi, "stack", "select", "--create", "local", "--non-interactive")
    said = installed.run(pulumi, "preview", "--policy-pack", str(pack), "--non-interactive")
    assert "fairlead@v" in said
    site = {
        "urn": "urn:pulumi:dev::theirs::aws:s3/bucket:Bucket::site", "type": "aws:s3/bucket:Bucket",
        "custom": True, "id": "site", "inputs": {"acl": "public-read"},
    }  # fmt: skip
    state = {"version": 3, "deployment": {"manifest": {}, "resources": [site]}}
    (installed.folder / "state.json").write_text(json.dumps(state))
    analyze = [pulumi, "policy", "analyze", "--policy-pack", str(pack), "--file", "state.json"]
    assert "AWS-S3-07" in installed.run(*analyze, status=1)
