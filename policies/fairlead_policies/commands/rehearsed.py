"""Resources from a rehearsal: the program runs, and nothing is created."""

from __future__ import annotations

import json
from pathlib import Path

from fairlead_policies.inventory import Inventory, parse_inventory


def rehearsed_inventory(stack: str, directory: Path | None) -> tuple[Inventory, list[str]]:
    """Return the resources that a stack's program makes, as far as a rehearsal knows them.

    Args:
        stack: The stack's name.
        directory: A Pulumi project; by default the one here or above.

    Returns:
        The resources, and what providers would refuse.

    Raises:
        FairleadError: There is no project, no engine, or the program does not run.
    """
    from fairlead_components.engine.projects import find_project
    from fairlead_components.rehearsal.cycle import rehearse
    from fairlead_components.rehearsal.program_failure import require_program

    project = find_project(directory)
    # Identities' permissions name what only `up` knows: keys' ARNs, the manifest itself.
    result = rehearse(project, stack, up=True)
    require_program(result, project.directory)
    known = result.state if result.state is not None else result.plan
    plan = {"deployment": {"resources": known.to_data()}}
    content = json.dumps(plan, indent=1, sort_keys=True).encode()
    remarks = [
        f"{one.severity}: {one.message}" + (f" ({one.urn})" if one.urn else "")
        for phase in result.phases
        for one in phase.diagnostics
        if one.severity == "error"
    ]
    return parse_inventory(content, f"rehearsal of {stack}"), remarks
