"""Write docs/reference/cli.md from the command line itself.

    python tools/cli_reference.py [--check]

With ``--check`` nothing is written; the exit status says whether the page is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from fairlead.cli import catalog
from fairlead.cli.main import build

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"

HEAD = """\
# Command line

Every command takes `--help`, and `--debug` (or `FAIRLEAD_DEBUG=1`) for the traceback of an error.
Results go to standard output, with `--json` as JSON; progress and errors to standard error.
`NO_COLOR` is honoured.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | work was started and failed: a step, a store, a backend |
| 2 | a mistake in what was asked; one paragraph says what, where and the fix |
| 130 | interrupted |

<!-- Written by tools/cli_reference.py: change the commands, not this page. -->
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command of ours with its words, groups before what is in them."""
    for name, entry in catalog.COMMANDS.items():
        yield from _below(name, build(catalog.load(name, entry), name))


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield words, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _below(f"{words} {name}", child)


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    panel = ""
    for words, command in commands():
        entry = catalog.COMMANDS.get(words)
        if entry is not None and entry.panel != panel:
            panel = entry.panel
            parts.append(f"\n## {panel}\n")
        parts.append(_section(words, command))
    return "\n".join(parts).rstrip() + "\n"


def _section(words: str, command: Any) -> str:
    depth = "#" * (3 + words.count(" "))
    text = (command.help or "").strip()
    lines = [f"{depth} fairlead {words}", "", text, ""]
    if getattr(command, "commands", None):
        return "\n".join(lines)
    context = command.make_context(words, [], resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    lines += ["```text", f"fairlead {words} {usage}".rstrip(), "```", ""]
    rows = [
        record
        for parameter in command.params
        if (record := parameter.get_help_record(context)) is not None and "--help" not in record[0]
    ]
    if rows:
        lines += ["| | |", "|---|---|"]
        lines += [f"| `{_cell(name)}` | {_cell(told)} |" for name, told in rows]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write or check the page; return the exit status."""
    wanted = page()
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text() != wanted)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(wanted)
    typer.echo(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
