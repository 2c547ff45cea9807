"""``fairlead preview``: show what `up` would change."""

from __future__ import annotations

import typer

from fairlead_components.commands.options import Extra, NonInteractive, Stack
from fairlead_components.engine.operations import StackOperations, options

app = typer.Typer(name="preview", help="Show what `up` would change.")


@app.command()
def preview(
    stack: Stack,
    extra: Extra = None,
    *,
    non_interactive: NonInteractive = False,
) -> None:
    """Show what `up` would change."""
    operations = StackOperations.find(stack)
    operations.ensure_exists()
    chosen = options(yes=False, non_interactive=non_interactive, extra=extra)
    raise typer.Exit(operations.run("preview", *chosen))
