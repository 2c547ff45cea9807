"""``fairlead stacks document``: write what a stack consists of for people to read."""

from __future__ import annotations

from pathlib import Path

from fairlead_policies.commands.check import (
    build_report,
    project_settings,
    read_inputs,
    report_time,
)
from fairlead_policies.errors import PolicyError


def write_document(
    stack: str | None, output: Path, *, file: Path | None, directory: Path | None
) -> None:
    """Write a stack's document.

    Args:
        stack: The stack to rehearse, where there is no file.
        output: Where to.
        file: A stack export, or a saved preview, instead of a rehearsal.
        directory: The Pulumi project; by default the one here or above.

    Raises:
        PolicyError: Neither or both are given, or a file cannot be read or written.
    """
    from fairlead_policies.document.page import render

    if (stack is None) == (file is None):
        raise PolicyError("Name either a stack, to rehearse it, or a --file with its resources.")
    inventory, remarks = read_inputs(stack, file, directory)
    report = build_report(
        inventory,
        config=project_settings(stack, directory),
        waivers=None,
        time=report_time(None),
        remarks=remarks,
    )
    try:
        output.write_text(render(report), encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"{output} cannot be written: {error.strerror}.") from error
