"""What commands there are: a table to list them from, without importing any of them.

Whoever installs a further package adds commands with the entry point group ``fairlead.commands``
(the entry point's name is the command's); it is scanned only for help and for unknown names.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from fairlead.errors import MissingExtraError

GROUP = "fairlead.commands"

PIPELINES = "Pipelines"
RECORDS = "What ran"
INFRASTRUCTURE = "Infrastructure"
INSTALLED = "From installed packages"


@dataclass(frozen=True, slots=True)
class Entry:
    """Say where a command lies and what its line in the help is.

    Attributes:
        target: ``module:attribute`` of a ``typer.Typer``, a click command or a function.
        help: One line.
        panel: The heading it is listed under.
        extra: The extra of the distribution that it needs.
    """

    target: str
    help: str
    panel: str = INSTALLED
    extra: str | None = None


def _ours(module: str) -> str:
    return f"fairlead.cli.{module}:app"


def _engine(name: str, line: str) -> Entry:
    target = f"fairlead_components.commands.{name}:app"
    return Entry(target, line, INFRASTRUCTURE, extra="pulumi")


def _policies(name: str, line: str) -> Entry:
    return Entry(f"fairlead_policies.commands.{name}:app", line, INFRASTRUCTURE)


COMMANDS: dict[str, Entry] = {
    "init": Entry(_ours("init"), "Start a project in a new folder.", PIPELINES),
    "run": Entry(_ours("run"), "Run a pipeline on a stack.", PIPELINES),
    "verify": Entry(_ours("verify"), "Prove that stacks run a pipeline to the same.", PIPELINES),
    "cache": Entry(_ours("cache"), "Explain why a step ran or was cached.", PIPELINES),
    "endpoints": Entry(_ours("endpoints"), "Serve registered models.", PIPELINES),
    "schema": Entry(_ours("schema"), "Print the contracts' JSON Schemas.", PIPELINES),
    "runs": Entry(_ours("runs"), "List, show, compare, open and debug runs.", RECORDS),
    "artifacts": Entry(_ours("artifacts"), "List, show, get and put what steps made.", RECORDS),
    "image": Entry(_ours("image"), "Build the image that a stack's steps run in.", INFRASTRUCTURE),
    "stacks": Entry(_ours("stacks"), "List the stacks a pipeline can run on.", INFRASTRUCTURE),
    "secrets": Entry(_ours("secrets"), "Set and list a stack's secrets.", INFRASTRUCTURE),
    "up": _engine("up", "Create or update a stack's infrastructure."),
    "preview": _engine("preview", "Show what `up` would change."),
    "refresh": _engine("refresh", "Compare a stack with what really exists."),
    "destroy": _engine("destroy", "Delete a stack's infrastructure."),
    "rehearse": _engine("rehearse", "Show what a stack consists of, offline: no account needed."),
    "check": _policies("check", "Hold a stack to the controls, offline."),
    "policies": _policies("policies", "Find and install the pack for plain Pulumi."),
    "unlock": _engine("unlock", "Remove the lock that a killed `up` left."),
    "engine": _engine("engine", "Find or install the Pulumi command line."),
}


@cache
def installed() -> dict[str, Entry]:
    """Return the commands of installed packages that have a name of their own."""
    from importlib.metadata import entry_points

    found: dict[str, Entry] = {}
    for point in entry_points(group=GROUP):
        if point.name not in COMMANDS:
            package = point.dist.name if point.dist is not None else point.module
            found[point.name] = Entry(point.value, f"Provided by {package}.")
    return dict(sorted(found.items()))


def everything() -> dict[str, Entry]:
    """Return every command, ours first.

    Example:
        >>> everything()["run"].help
        'Run a pipeline on a stack.'
    """
    return {**COMMANDS, **installed()}


def find(name: str) -> Entry | None:
    """Return the command with a name; installed packages are asked only for what is not ours."""
    return COMMANDS.get(name) or installed().get(name)


def load(name: str, entry: Entry) -> Any:
    """Import what a command is.

    Args:
        name: The command.
        entry: Where it lies.

    Raises:
        MissingExtraError: It needs a package that is not installed.
    """
    module, _, attribute = entry.target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if entry.extra is None or missing == "fairlead":
            raise
        raise MissingExtraError(
            f"`fairlead {name}` needs the package {missing!r}, which is not installed: "
            f"install it with `pip install 'fairlead[{entry.extra}]'`."
        ) from error
