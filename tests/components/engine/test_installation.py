"""Installing is done once, by one process at a time, and is complete or not there."""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead_components.engine.errors import EngineInstallError
from fairlead_components.engine.installation import install
from fairlead_components.engine.progress import Progress
from fairlead_components.engine.source import engine_version

INSTALLER = """
import pathlib, sys, time
from fairlead_components.engine.installation import install
from fairlead_components.engine.progress import Progress
from fairlead_components.engine.source import engine_version

target, made, go_on = (pathlib.Path(a) for a in sys.argv[1:])

def make(folder, progress):
    (folder / "bin").mkdir()
    with made.open("a") as file:
        file.write("made\\n")
    while not go_on.exists():
        time.sleep(0.02)
    pulumi = folder / "bin" / "pulumi"
    pulumi.write_text(f"#!/bin/sh\\necho v{engine_version()}\\n")
    pulumi.chmod(0o755)

install(target, make, progress=Progress())
"""


def _until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path: Path):
    """Start processes that install into one folder and wait for a signal to finish."""
    processes: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", INSTALLER]
            + [str(tmp_path / name) for name in ("cache/engine", "made", "go-on")],
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def test_of_several_at_once_one_installs_and_the_others_say_for_whom_they_wait(tmp_path, start):
    first = start()
    _until((tmp_path / "made").exists)
    others = [start(), start()]
    for other in others:
        assert f"waiting for the installation by process {first.pid}" in other.stderr.readline()
    (tmp_path / "go-on").touch()
    for process in (first, *others):
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert (tmp_path / "made").read_text() == "made\n"
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [
        "engine",
        "install.lock",
    ]


def test_a_killed_installation_leaves_nothing_that_looks_installed(tmp_path, start):
    killed = start()
    _until((tmp_path / "made").exists)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "cache" / "engine").exists()
    (tmp_path / "go-on").touch()
    again = start()
    said = again.communicate(timeout=30)[1]
    assert again.returncode == 0, said
    assert "waiting" not in said
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [
        "engine",
        "install.lock",
    ]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full: make room"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
        (EngineInstallError("the proxy is away"), "the proxy is away"),
    ],
)
def test_a_failed_installation_says_why_and_leaves_nothing(tmp_path, failure, expected):
    def make(folder: Path, _progress: Progress) -> None:
        (folder / "half").write_text("made")
        raise failure

    with pytest.raises(EngineInstallError, match=expected):
        install(tmp_path / "cache" / "engine", make, progress=Progress(io.StringIO()))
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["install.lock"]


def test_too_little_room_is_told_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 5))
    with pytest.raises(EngineInstallError, match="0 MB are free: make room"):
        install(
            tmp_path / "engine", lambda *_: pytest.fail("began"), progress=Progress(io.StringIO())
        )


def test_what_does_not_say_the_right_version_is_not_installed(tmp_path, executable):
    def make(folder: Path, _progress: Progress) -> None:
        executable(folder / "bin" / "pulumi", "3.1.4")

    with pytest.raises(EngineInstallError, match=rf"3\.1\.4, not {engine_version()}"):
        install(tmp_path / "cache" / "engine", make, progress=Progress(io.StringIO()))
    assert not (tmp_path / "cache" / "engine").exists()
