"""Every command is in the reference, with every option that it takes; and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tree import ROOT

from fairlead.cli import catalog
from fairlead.cli.main import build

REFERENCE = ROOT / "docs/reference/cli.md"


def commands() -> Iterator[tuple[str, Any]]:
    """Return every command that can be called, by the words that call it."""
    for name, entry in catalog.COMMANDS.items():
        yield from leaves(name, build(catalog.load(name, entry), name))


def leaves(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Return the commands of a group, or the command itself."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield words, command
        return
    for name, one in inner.items():
        yield from leaves(f"{words} {name}", one)


COMMANDS = dict(commands())


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_says_what_it_does(words: str) -> None:
    command = COMMANDS[words]
    assert command.help
    assert command.help.strip().endswith((".", ".)"))
    unsaid = [p.name for p in command.params if p.name != "help" and not getattr(p, "help", None)]
    assert not unsaid, f"fairlead {words}: no help for {unsaid}"


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_is_in_the_reference(words: str) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    section = re.search(
        rf"^#+ `?fairlead {re.escape(words)}\b.*?$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert section, f"docs/reference/cli.md has no section for `fairlead {words}`"
    options = [o for p in COMMANDS[words].params for o in p.opts if o.startswith("--")]
    missing = [o for o in options if o != "--help" and f"{o}" not in section[0]]
    assert not missing, f"docs/reference/cli.md, `fairlead {words}`: {missing}"


def test_the_reference_names_no_command_that_is_not_there() -> None:
    told = re.findall(r"^#+ `fairlead ([a-z -]+)`", REFERENCE.read_text(), re.MULTILINE)
    assert not [w for w in told if w not in COMMANDS and w not in catalog.COMMANDS]
