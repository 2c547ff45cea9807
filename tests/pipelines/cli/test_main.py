"""The command itself: light, honest about errors, open to other packages."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli import catalog
from fairlead.errors import FairleadError


def fairlead(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "fairlead.cli.main", *words],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_help_costs_little() -> None:
    def cost() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert fairlead("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(cost() for _ in range(4)) <= 0.25


def test_help_imports_no_command() -> None:
    code = (
        "import sys\nfrom fairlead.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in sys.modules if m.partition('.')[0] in "
        "('rich', 'pulumi', 'fairlead_components', 'pandas', 'fsspec', 'pydantic', 'jinja2')])\n"
        "print([m for m in sys.modules if m.startswith('fairlead.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, ours = done.stdout.splitlines()[-2:]
    assert heavy == "[]"
    assert set(eval(ours)) == {
        "fairlead.cli", "fairlead.cli.catalog", "fairlead.cli.main", "fairlead.errors"
    }  # fmt: skip


def test_help_lists_every_command() -> None:
    lines = fairlead("--help").stdout.splitlines()
    for name, entry in catalog.COMMANDS.items():
        assert any(line.split()[:1] == [name] and entry.help in line for line in lines), name


@pytest.mark.parametrize("name", [*catalog.COMMANDS])
def test_every_command_explains_itself(name: str, cli: Any) -> None:
    answer = cli(name, "--help")
    assert answer.status == 0
    assert answer.out.startswith(f"Usage: fairlead {name}")


def test_version_and_nonsense(cli: Any) -> None:
    assert cli("--version").out.startswith("fairlead ")
    wrong = cli("nonsense")
    assert wrong.status == 2
    assert "No such command 'nonsense'" in wrong.err
    assert "Did you mean 'stacks'?" in cli("stack", "list").err
    assert "Did you mean 'show'?" in cli("runs", "shw").err
    assert cli("runs", "list", "--nonsense").status == 2


def test_an_error_is_one_paragraph_and_debug_shows_its_traceback() -> None:
    quiet = fairlead("runs", "list", FAIRLEAD_MANIFEST="/nonexistent/manifest.json")
    assert quiet.returncode == 2
    assert quiet.stdout == ""
    assert quiet.stderr.startswith("error: ")
    assert "/nonexistent/manifest.json" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    for loud in (
        fairlead("runs", "list", "--debug", FAIRLEAD_MANIFEST="/nonexistent/manifest.json"),
        fairlead("runs", "list", FAIRLEAD_MANIFEST="/nonexistent/m.json", FAIRLEAD_DEBUG="1"),
    ):
        assert "Traceback" in loud.stderr
        assert "ManifestError" in loud.stderr


@pytest.mark.parametrize(
    ("error", "status"),
    [(FairleadError("x"), 2), (KeyboardInterrupt(), 130), (BrokenPipeError(), 1)],
)
def test_statuses(
    cli: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(catalog, "load", lambda *_: fail)
    assert cli("run").status == status


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m fairlead.cli.main schema | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_a_missing_extra_is_named() -> None:
    entry = catalog.Entry("no_such_package.commands:app", "", extra="pulumi")
    with pytest.raises(FairleadError, match=r"pip install 'fairlead\[pulumi\]'"):
        catalog.load("up", entry)


def test_an_installed_package_adds_a_command(tmp_path: Path) -> None:
    (tmp_path / "greeting.py").write_text(
        "import typer\napp = typer.Typer()\n"
        "@app.command()\ndef greet(name: str) -> None:\n    print('hello', name)\n"
    )
    info = tmp_path / "greeting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fairlead.commands]\ngreet = greeting:app\n")
    shown = fairlead("--help", PYTHONPATH=str(tmp_path))
    assert re.search(r"greet\s+Provided by greeting\.", shown.stdout)
    done = fairlead("greet", "ada", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "hello ada\n")


def test_no_color_is_honoured(training: Any) -> None:
    shown = fairlead("runs", "show", NO_COLOR="1", FORCE_COLOR="1", TERM="xterm-256color")
    assert shown.returncode == 0
    assert "\033[3" not in shown.stdout
