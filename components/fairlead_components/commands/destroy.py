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
    status = operations.run("destroy", *chosen)
    if status == 1 and (protected := operations.protected()):
        typer.echo(
            f"{', '.join(protected)}: protected, because they hold data. To destroy the stack "
            f"anyway, run `pulumi config set fairlead:protect false --stack {stack}` in the "
            f"project, then `fairlead up {stack}` and this command again; data stays where it is.",
            err=True,
        )
    raise typer.Exit(status)
