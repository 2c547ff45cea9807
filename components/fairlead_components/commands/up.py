"""``fairlead up``: create or update a stack's infrastructure."""

from __future__ import annotations

import typer

from fairlead_components.commands.options import Extra, NonInteractive, Stack, Yes
from fairlead_components.engine.operations import StackOperations, options

app = typer.Typer(name="up", help="Create or update a stack's infrastructure.")


@app.command()
def up(
    stack: Stack,
    extra: Extra = None,
    *,
    yes: Yes = False,
    non_interactive: NonInteractive = False,
) -> None:
    """Create or update a stack's infrastructure."""
    operations = StackOperations.find(stack)
    operations.ensure_exists()
    chosen = options(yes=yes, non_interactive=non_interactive, extra=extra)
    raise typer.Exit(operations.run("up", *chosen))
