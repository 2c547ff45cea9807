"""`fairlead up`, `preview`, `refresh`, `destroy` and `unlock` drive the real engine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fairlead_components.engine.source import source_digest

pytestmark = pytest.mark.engine

QUICKLY = ("--", "--skip-preview")


def test_from_first_up_to_destroy_without_any_passphrase_or_login(fairlead):
    first = fairlead.run("up", "local", "--yes")
    assert first.returncode == 0, first.stderr
    assert "+ 1 created" in first.stdout
    assert "encryptionsalt" not in first.stdout
    second = fairlead.run("up", "local", "--yes", "--", "--expect-no-changes")
    assert second.returncode == 0, second.stdout
    assert "1 unchanged" in second.stdout
    for command in (["preview", "local"], ["refresh", "local", "--yes", "--non-interactive"]):
        done = fairlead.run(*command)
        assert (done.returncode, "1 unchanged" in done.stdout) == (0, True), done.stderr
    assert "- 1 deleted" in fairlead.run("destroy", "local", "--yes").stdout


def test_a_mistyped_stack_creates_nothing_and_lists_what_there_is(fairlead):
    for command in ("up", "destroy"):
        done = fairlead.run(command, "lokal")
        assert done.returncode == 2
        assert "There is no stack 'lokal'" in done.stderr
        assert "Configured are: local" in done.stderr
    assert fairlead.run("up", "local", "--yes", *QUICKLY).returncode == 0
    state = fairlead.directory / "stacks" / ".state"
    assert [path.stem for path in state.rglob("stacks/**/*.json")] == ["local"]


def test_a_wrong_passphrase_is_explained(fairlead):
    assert (
        fairlead.run("up", "local", "--yes", *QUICKLY, PULUMI_CONFIG_PASSPHRASE="right").returncode
        == 0
    )
    done = fairlead.run("up", "local", "--yes")
    assert done.returncode == 2
    assert "set PULUMI_CONFIG_PASSPHRASE" in done.stderr


def test_outside_of_any_project(fairlead, tmp_path_factory):
    fairlead.directory = tmp_path_factory.mktemp("empty")
    done = fairlead.run("up", "local")
    assert done.returncode == 2
    assert "fairlead init" in done.stderr


@pytest.fixture
def slow_up(fairlead):
    """An `up` in the middle of its work, and the process number of its engine."""
    program = fairlead.directory / "stacks" / "__main__.py"
    program.write_text(
        "import pathlib, time, pulumi\n"
        "if not pulumi.runtime.is_dry_run():\n"
        "    pathlib.Path('started').touch()\n"
        "    time.sleep(120)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "fairlead.cli.main", "up", "local", "--yes", "--", "--skip-preview"],
        cwd=fairlead.directory,
        env=fairlead.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = fairlead.directory / "stacks" / "started"
    deadline = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    children = subprocess.check_output(["ps", "-o", "pid=", "--ppid", str(process.pid)], text=True)
    program.write_text("")
    yield process, int(children.split()[0])
    process.kill()
    process.communicate()


def test_the_lock_of_a_killed_up_is_explained_and_removed(fairlead, slow_up):
    process, engine = slow_up
    held = fairlead.run("unlock", "local")
    assert held.returncode == 1
    assert "It is at work" in held.stderr

    os.kill(engine, signal.SIGKILL)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Pulumi was killed (signal 9)" in said
    assert "fairlead unlock local" in said

    for command in ("up", "refresh"):
        locked = fairlead.run(command, "local", "--yes")
        assert locked.returncode == 1
        assert re.search(rf"process {engine}, since \S+: dead", locked.stderr)
        assert "`fairlead unlock local`" in locked.stderr
        assert "Traceback" not in locked.stderr

    unlocked = fairlead.run("unlock", "local")
    assert unlocked.returncode == 0, unlocked.stderr
    assert fairlead.run("up", "local", "--yes", *QUICKLY).returncode == 0
    assert "is not locked" in fairlead.run("unlock", "local").stdout


def test_an_interruption_is_passed_on_and_leaves_no_lock(fairlead, slow_up):
    process, _engine = slow_up
    process.send_signal(signal.SIGINT)
    said, problems = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "update canceled" in said
    assert "Traceback" not in problems
    assert fairlead.run("up", "local", "--yes", *QUICKLY).returncode == 0


def test_engine_status_path_and_env_agree(fairlead):
    status = json.loads(fairlead.run("engine", "status", "--json").stdout)
    assert status["found"]
    assert status["language_host"]
    assert fairlead.run("engine", "path").stdout.strip() == status["path"]
    shell = subprocess.run(
        ["sh", "-c", 'eval "$1"; pulumi version', "sh", fairlead.run("engine", "env").stdout],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert status["version"] in shell.stdout


def test_engine_status_without_an_engine_is_one_clear_message(fairlead):
    nothing = {"PATH": "/usr/bin:/bin", "FAIRLEAD_CACHE_DIR": str(fairlead.directory / "cache")}
    done = fairlead.run("engine", "status", **nothing)
    assert done.returncode == 2
    assert "fairlead engine install" in done.stderr
    assert "Traceback" not in done.stderr
    as_json = fairlead.run("engine", "status", "--json", **nothing)
    assert as_json.returncode == 2
    assert json.loads(as_json.stdout)["found"] is False


def test_engine_install_over_an_old_engine_says_how_to_use_the_new_one(fairlead):
    used = json.loads(fairlead.run("engine", "status", "--json").stdout)
    old = fairlead.directory / "old"
    cached = Path(used["cache"], source_digest(), "bin")
    if not cached.exists():
        pytest.skip("the engine in use is not a build of ours, which alone is quick to reinstall")
    old.mkdir()
    (old / "pulumi").write_text("#!/bin/sh\necho v3.1.0\n")
    (old / "pulumi").chmod(0o755)
    path = f"{old}:{fairlead.environment['PATH']}"
    done = fairlead.run("engine", "install", PATH=path)
    assert done.returncode == 0, done.stderr
    assert "is Pulumi 3.1.0; Fairlead needs" in done.stderr
    assert f"export FAIRLEAD_ENGINE={cached / 'pulumi'}" in done.stderr
    assert fairlead.run("engine", "path", PATH=path).returncode == 2
    named = fairlead.run("engine", "path", PATH=path, FAIRLEAD_ENGINE=str(cached / "pulumi"))
    assert named.stdout.strip() == str(cached / "pulumi")
