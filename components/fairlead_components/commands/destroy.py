"""``fairlead destroy``: delete a stack's infrastructure."""

from __future__ import annotations

import typer

from fairlead_components.commands.driving import driving
from fairlead_components.engine.operations import StackOperations


def _explain_protection(operations: StackOperations, status: int) -> None:
    """Say which resources Pulumi refuses to delete, and how to do it all the same."""
    if status == 1 and (protected := operations.protected()):
        stack = operations.stack
        typer.echo(
            f"{', '.join(protected)}: protected, because they hold data. To destroy the stack "
            f"anyway, run `pulumi config set fairlead:protect false --stack {stack}` in the "
            f"project, then `fairlead up {stack}` and this command again; data stays where it is.",
            err=True,
        )


app = driving("destroy", "Delete a stack's infrastructure.", afterwards=_explain_protection)
