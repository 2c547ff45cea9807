"""What `up`, `refresh` and `destroy` have in common: Pulumi does it, in its own words."""

from __future__ import annotations

from collections.abc import Callable

import typer

from fairlead_components.commands.options import Extra, NonInteractive, Stack, Yes
from fairlead_components.engine.operations import StackOperations, options


def driving(
    operation: str,
    purpose: str,
    *,
    creates: bool = False,
    afterwards: Callable[[StackOperations, int], None] | None = None,
) -> typer.Typer:
    """Return the command that runs an operation of Pulumi on a stack.

    Args:
        operation: What Pulumi calls it, and we too.
        purpose: What it does, in a sentence.
        creates: Whether a stack that is configured is created on first use.
        afterwards: Called with the stack and Pulumi's exit status, to say what Pulumi does not.
    """
    app = typer.Typer(name=operation, help=purpose)

    @app.command(operation, help=purpose)
    def command(
        stack: Stack,
        extra: Extra = None,
        *,
        yes: Yes = False,
        non_interactive: NonInteractive = False,
    ) -> None:
        operations = StackOperations.find(stack)
        if creates:
            operations.ensure_exists()
        else:
            operations.require_exists()
        chosen = options(yes=yes, non_interactive=non_interactive, extra=extra)
        status = operations.run(operation, *chosen)
        if afterwards is not None:
            afterwards(operations, status)
        raise typer.Exit(status)

    return app
