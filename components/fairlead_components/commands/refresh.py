"""``fairlead refresh``: compare a stack with what really exists."""

from __future__ import annotations

import typer

from fairlead_components.commands.options import Extra, NonInteractive, Stack, Yes
from fairlead_components.engine.operations import StackOperations, options

app = typer.Typer(name="refresh", help="Compare a stack with what really exists.")


@app.command()
def refresh(
    stack: Stack,
    extra: Extra = None,
    *,
    yes: Yes = False,
    non_interactive: NonInteractive = False,
) -> None:
    """Compare a stack with what really exists."""
    operations = StackOperations.find(stack)
    operations.require_exists()
    chosen = options(yes=yes, non_interactive=non_interactive, extra=extra)
    raise typer.Exit(operations.run("refresh", *chosen))
