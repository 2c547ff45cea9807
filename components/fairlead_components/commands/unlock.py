"""``fairlead unlock``: remove the lock that a killed operation left on a stack."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead_components.commands.options import Stack
from fairlead_components.engine.errors import StackLockedError
from fairlead_components.engine.operations import StackOperations
from fairlead_components.engine.stack_locks import explain_locks, read_locks

app = typer.Typer(name="unlock", help="Remove the lock that a killed `up` left.")


@app.command()
def unlock(
    stack: Stack,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Also where the holder may still be at work.")
    ] = False,
) -> None:
    """Remove the lock that a killed `up` left.

    A lock is removed only when its holder is dead. On a state that lies elsewhere nobody can tell:
    make sure of it yourself, then use --force.
    """
    operations = StackOperations.find(stack)
    operations.require_exists()
    locks = read_locks(operations.project, stack)
    if locks == []:
        typer.echo(f"The stack {stack!r} is not locked.")
        return
    if not force and (locks is None or any(lock.state() != "dead" for lock in locks)):
        raise StackLockedError(
            explain_locks(stack, locks or [])
            if locks
            else f"The state of {stack!r} is not on this machine, so whether a lock's holder still "
            f"runs cannot be seen. Once you know that it does not: `fairlead unlock {stack} "
            "--force`."
        )
    raise typer.Exit(operations.run("cancel", "--yes"))
