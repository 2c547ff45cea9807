"""``fairlead secrets``: put, list and delete a stack's secrets; nothing ever prints a value."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Set and list a stack's secrets. A value is read from standard input or asked for, never "
    "taken from the command line, and never printed.",
)

Stack = Annotated[str | None, typer.Option("--stack", "-s", help="The stack (FAIRLEAD_STACK).")]
Manifest = Annotated[
    str | None, typer.Option("--manifest", help="Path or URI of a manifest, instead of a stack.")
]
Name = Annotated[str, typer.Argument(help="The secret's name, as in @step(secrets=[…]).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def put(name: Name, stack: Stack = None, manifest: Manifest = None) -> None:
    """Store a secret: `printf %s "$VALUE" | fairlead secrets put NAME`, or type it when asked.

    One newline at the end of what is piped in is not part of the value.
    """
    store, bound = _open(stack, manifest)
    if sys.stdin.isatty():
        value = typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True)
    else:
        value = sys.stdin.read()
        value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        from fairlead.errors import SecretStoreError

        raise SecretStoreError(f"The value of {name!r} is empty: nothing was stored.")
    store.put(name, value)
    typer.echo(f"Stored {name} in stack {bound}.")


@app.command("list")
def list_(
    stack: Stack = None,
    manifest: Manifest = None,
    as_json: Json = False,
) -> None:
    """List the names of a stack's secrets."""
    store, bound = _open(stack, manifest)
    names = store.names()
    if as_json:
        typer.echo(json.dumps(names))
    elif names:
        typer.echo("\n".join(names))
    else:
        typer.echo(f"Stack {bound} has no secrets.", err=True)


@app.command()
def delete(name: Name, stack: Stack = None, manifest: Manifest = None) -> None:
    """Remove a secret; one that is not there is no error."""
    store, bound = _open(stack, manifest)
    store.delete(name)
    typer.echo(f"Stack {bound} has no secret {name} any more.")


def _open(stack: str | None, manifest: str | None) -> tuple[Any, str]:
    from fairlead.binding import bind

    bound = bind(stack, manifest=manifest)
    bound.require("secret_store")
    return bound.adapter("secret_store"), bound.name
