"""``fairlead destroy``: delete a stack's infrastructure."""

from __future__ import annotations

import typer

from fairlead_components.commands.options import Extra, NonInteractive, Stack, Yes
from fairlead_components.engine.operations import StackOperations, options

app = typer.Typer(name="destroy", help="Delete a stack's infrastructure.")


@app.command()
def destroy(
    stack: Stack,
    extra: Extra = None,
    *,
    yes: Yes = False,
    non_interactive: NonInteractive = False,
) -> None:
    """Delete a stack's infrastructure."""
    operations = StackOperations.find(stack)
    operations.require_exists()
    chosen = options(yes=yes, non_interactive=non_interactive, extra=extra)
    raise typer.Exit(operations.run("destroy", *chosen))
