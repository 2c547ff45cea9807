"""The reference page documents every command, as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_what_the_commands_say() -> None:
    tool = ROOT / "tools" / "cli_reference.py"
    done = subprocess.run([sys.executable, str(tool), "--check"], check=False)
    assert done.returncode == 0, "run `python tools/cli_reference.py` and commit the page"


def test_every_command_and_option_has_a_help_text() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import cli_reference
    finally:
        sys.path.pop(0)
    silent = [words for words, command in cli_reference.commands() if not command.help]
    for words, command in cli_reference.commands():
        silent += [f"{words} {one.name}" for one in command.params if not getattr(one, "help", "")]
    assert silent == []
