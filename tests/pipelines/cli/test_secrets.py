"""``fairlead secrets`` takes values from a pipe or a hidden prompt and prints none."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.binding import bind
from fairlead.cli.main import main
from fairlead.contracts.manifest import StackManifest

VALUE = "v4lue-that-must-never-be-shown"


@pytest.fixture(autouse=True)
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    components = {
        "artifact_store": {"flavor": "local", "url": (tmp_path / "store").as_uri()},
        "secret_store": {"flavor": "local", "path": str(tmp_path / "secrets")},
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(StackManifest.build("local", "local", components).document()))
    monkeypatch.setenv("FAIRLEAD_MANIFEST", str(path))


def fairlead(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def test_put_from_a_pipe_list_and_delete(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{VALUE}\n"))
    assert fairlead("secrets", "put", "hub", "-s", "local") == 0
    assert bind().adapter("secret_store").get("hub") == VALUE
    assert fairlead("secrets", "list") == 0
    assert fairlead("secrets", "list", "--json") == 0
    assert fairlead("secrets", "delete", "hub") == 0
    assert fairlead("secrets", "list") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "Stored hub in stack local.",
        "hub",
        '["hub"]',
        "Stack local has no secret hub any more.",
    ]
    assert shown.err == "Stack local has no secrets.\n"


def test_a_value_is_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert fairlead("secrets", "put", "hub", VALUE) == 2
    assert fairlead("secrets", "get", "hub") == 2
    assert "No such command 'get'" in capsys.readouterr().err


def test_an_empty_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert fairlead("secrets", "put", "hub") == 2
    assert "empty: nothing was stored" in capsys.readouterr().err
    assert bind().adapter("secret_store").names() == []


def test_typing_shows_nothing() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fairlead.cli.main", "secrets", "put", "hub"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    screen = b""
    for prompt in (b"Value of hub: ", b"Repeat for confirmation: "):
        while not screen.endswith(prompt):
            screen += os.read(ours, 1024)
        os.write(ours, f"{VALUE}\n".encode())
    while b"Stored hub" not in screen:
        screen += os.read(ours, 1024)
    assert process.wait(timeout=30) == 0
    os.close(ours)
    assert VALUE.encode() not in screen
    assert bind().adapter("secret_store").get("hub") == VALUE
