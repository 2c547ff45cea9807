"""Explain in one paragraph why a program did not get as far as its resources."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead_components.rehearsal.cycle import Phase, Rehearsal
from fairlead_components.rehearsal.errors import ProgramError
from fairlead_components.rehearsal.plan import STACK
from fairlead_components.rehearsal.stack_references import STACK_REFERENCE

_RAISED = "Program failed with an unhandled exception"
_FRAME = re.compile(r'^\s*File "(?P<file>.+)", line (?P<line>\d+)(?:, in .+)?$', re.MULTILINE)
_ENDED = re.compile(r"an unhandled error occurred:")
_MODULE = re.compile(r"ModuleNotFoundError: No module named '(pulumi_[\w]+)")
_PLUGIN = re.compile(r"no resource plugin '?(?:pulumi-resource-)?([\w-]+)'? found")


def require_program(rehearsal: Rehearsal, project: Path) -> None:
    """Refuse a rehearsal whose program raised, or needs what is not installed.

    Args:
        rehearsal: What the rehearsal showed.
        project: The folder of the program.

    Raises:
        ProgramError: What happened, where in the program, and the fix if one is known.
    """
    for phase in rehearsal.phases:
        for one in phase.diagnostics:
            if one.severity != "error":
                continue
            plugin = _PLUGIN.search(one.message)
            if plugin is not None:
                raise ProgramError(
                    f"The program uses the provider {plugin[1]!r}, whose Python SDK is not "
                    "installed in the program's environment, so nothing is known of its resources: "
                    f"install it (`pip install pulumi-{plugin[1]}`)."
                )
            if f"::{STACK_REFERENCE}::" in one.urn:
                raise ProgramError(_unknown_stack(one.urn.rpartition("::")[2]))
            if _RAISED in one.message:
                raise ProgramError(_told(one.message, project))
        _require_end(phase, project)


def _unknown_stack(name: str) -> str:
    return (
        f"The program reads outputs of the stack {name}, and a rehearsal sees no other stack: say "
        "what they are with `--data FILE`, in an entry "
        f"`{STACK_REFERENCE}: [{{when: {{name: {name}}}, answer: {{outputs: {{…}}}}}}]`. It can be "
        "answered where the program calls it organization/PROJECT/STACK, so take the name from "
        "the configuration."
    )


def _require_end(phase: Phase, project: Path) -> None:
    """Refuse a program that ended itself with a message, and not because of a resource."""
    errors = [one for one in phase.diagnostics if one.severity == "error"]
    said = [one.message for one in errors if not _ENDED.match(one.message)]
    if errors and not phase.changes and not any(one.urn for one in errors):
        told = errors[0].message.removeprefix("error: ").splitlines()[0].rstrip(":")
        raise ProgramError(f"The program in {project} does not start: {told}")
    about_resources = any(one.urn and f"::{STACK}::" not in one.urn for one in errors)
    if len(said) < len(errors) and not about_resources:
        told = " ".join(" ".join(said).split()) or errors[0].message
        raise ProgramError(f"The program in {project} ended with an error: {told}")


def _told(message: str, project: Path) -> str:
    lines = [line for line in message.splitlines() if line.strip()]
    reason = next(
        (line.strip() for line in reversed(lines) if not line.startswith((" ", "\t"))), lines[-1]
    )
    missing = _MODULE.search(message)
    if missing is not None:
        package = missing[1].replace("_", "-")
        return (
            f"The program in {project} imports {missing[1]}, which is not installed in its "
            f"environment: install it (`pip install {package}`)."
        )
    frames = [
        found
        for found in _FRAME.finditer(message)
        if Path(found["file"]).is_relative_to(project) and "site-packages" not in found["file"]
    ]
    where = f", in {frames[-1]['file']}, line {frames[-1]['line']}" if frames else ""
    return f"The program in {project} raised {reason}{where}."
