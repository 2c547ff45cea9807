"""Resources from a rehearsal: the program runs, and nothing is created."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from fairlead_policies.inventory import Inventory, parse_inventory


def rehearsed_inventory(
    stack: str, directory: Path | None, data: Path | None = None
) -> tuple[Inventory, list[str]]:
    """Return the resources that a stack's program makes, as far as a rehearsal knows them.

    Args:
        stack: The stack's name.
        directory: A Pulumi project; by default the one here or above.
        data: What data sources answer; by default, made up from their types.

    Returns:
        The resources, and what providers would refuse.

    Raises:
        FairleadError: There is no project, no engine, or the program does not run.
    """
    from fairlead_components.engine.projects import find_project
    from fairlead_components.rehearsal.answers import Answers
    from fairlead_components.rehearsal.cycle import rehearse
    from fairlead_components.rehearsal.program_failure import require_program

    project = find_project(directory)
    # Identities' permissions name what only `up` knows: keys' ARNs, and the manifest itself.
    answers = Answers.read(data) if data is not None else None
    result = rehearse(project, stack, up=_publishes(project.directory, stack), answers=answers)
    require_program(result, project.directory)
    source = f"rehearsal of {stack}"
    inventory = _parsed(result.plan.to_data(), source, project.directory)
    if result.state is not None:
        made = _parsed(result.state.to_data(), source, project.directory)
        inventory = replace(inventory, made=made)
    remarks = [
        f"{one.severity}: {one.message}" + (f" ({one.urn})" if one.urn else "")
        for phase in result.phases
        for one in phase.diagnostics
        if one.severity == "error"
    ]
    return inventory, remarks


def _parsed(resources: list[dict[str, Any]], source: str, directory: Path) -> Inventory:
    """Return the resources, with paths within the project as the project sees them.

    Evidence is then the same wherever the project lies.
    """
    plan = {"deployment": {"resources": resources}}
    text = json.dumps(plan, indent=1, sort_keys=True)
    here = re.escape(json.dumps(str(directory))[1:-1])
    return parse_inventory(re.sub(rf'{here}(?=[/\\"])', ".", text).encode(), source)


def _publishes(directory: Path, stack: str) -> bool:
    """Tell whether a stack is one of components, which alone publishes a manifest."""
    name = stack.rpartition("/")[2]
    files = (directory / f"Pulumi.{name}{suffix}" for suffix in (".yaml", ".yml"))
    return any("fairlead:components" in one.read_text() for one in files if one.is_file())
