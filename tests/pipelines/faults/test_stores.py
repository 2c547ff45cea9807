"""Stores that fail in the middle: one clear message, and what was finished before can be read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from fault_project import Cli, bind_to

CHAIN = """
import os
from fairlead import pipeline, step

@step
def small() -> int:
    return 42

@step
def large(number: int, megabytes: int) -> bytes:
    return os.urandom(megabytes << 20)

@step
def measure(content: bytes) -> int:
    return len(content)

@pipeline
def training(megabytes: int = 1) -> None:
    measure(large(small(), megabytes))
"""

UNWRITABLE = """
import threading
from fairlead import pipeline, step

@step
def fine() -> int:
    return 1

@step
def lock(number: int) -> object:
    return threading.Lock()

@pipeline
def training() -> None:
    lock(fine())
"""


def test_an_output_that_nothing_can_store(stacked: Cli) -> None:
    stacked.write(UNWRITABLE)
    said = stacked("run", "train.py")
    said.refuses(1, "step 'lock'", "MaterializerError", "lock", "pickle")
    shown = stacked.data("runs", "show", "latest")
    assert {step["id"]: step["state"] for step in shown["steps"]} == {
        "fine": "succeeded",
        "lock": "failed",
    }
    assert "1" in stacked("artifacts", "show", "latest/fine/output").out


def test_a_flipped_byte(stacked: Cli, tmp_path: Path) -> None:
    stacked.write(CHAIN)
    assert stacked("run", "train.py").status == 0
    folder = tmp_path / "stack" / "store" / "artifacts" / "training" / "large" / "content"
    (path,) = [p for p in folder.parent.rglob("*") if p.is_file()]
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    stacked("artifacts", "get", "latest/large/output", "here.bin").refuses(1, path.name, "sha256:")
    assert not (stacked.folder / "here.bin").exists()
    # A consumer that changed reads it again: it fails, and says which object to restore.
    stacked.write(CHAIN.replace("return len(content)", "return 2 * len(content)"))
    stacked("run", "train.py").refuses(1, "step 'measure'", "IntegrityError", path.name)
    assert stacked("artifacts", "show", "latest/small/output").status == 0
    # Removed, it is made again.
    path.unlink()
    assert stacked("run", "train.py").status == 0


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """A tmpfs under the stack's folder, and how to mount it anew with other options."""
    place = tmp_path / "mounted"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")

    def remount(options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)

    yield remount
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(project: Cli, tmp_path: Path, mounted: Callable[[str], None]) -> None:
    bind_to(project, tmp_path / "mounted" / "stack")
    project.write(CHAIN)
    said = project("run", "train.py", "-p", "megabytes=4")
    said.refuses(1, "disk is full")
    assert "42" in project("artifacts", "show", "latest/small/output").out
    shown = project("runs", "show", "latest")
    assert shown.status == 0
    mounted("size=32m")
    again = project("run", "train.py", "-p", "megabytes=4")
    assert again.status == 0, again
    states = {step["id"]: step["state"] for step in project.data("runs", "show", "latest")["steps"]}
    assert states == {"small": "cached", "large": "succeeded", "measure": "succeeded"}


def test_a_disk_with_no_room_for_records(
    project: Cli, tmp_path: Path, mounted: Callable[[str], None]
) -> None:
    bind_to(project, tmp_path / "mounted" / "stack")
    project.write(CHAIN)
    assert project("run", "train.py").status == 0
    first = project.data("runs", "show", "latest")["id"]
    ballast = tmp_path / "mounted" / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    project("run", "train.py", "-p", "megabytes=2").refuses(1, "disk is full")
    ballast.unlink()
    assert project("runs", "show", first).status == 0
    assert project("run", "train.py").status == 0


def test_a_read_only_store(project: Cli, tmp_path: Path, mounted: Callable[[str], None]) -> None:
    bind_to(project, tmp_path / "mounted" / "stack")
    project.write(CHAIN)
    assert project("run", "train.py").status == 0
    mounted("ro")
    project("run", "train.py").refuses(1, "read-only")
    for command in (("runs", "list"), ("runs", "show", "latest"), ("artifacts", "list")):
        said = project(*command)
        assert said.status == 0, said
    assert "42" in project("artifacts", "show", "latest/small/output").out
    mounted("rw")
    assert project("run", "train.py").status == 0
