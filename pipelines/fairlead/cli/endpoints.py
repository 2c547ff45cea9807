"""``fairlead endpoints``: serve registered models, see how they stand, end them."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fairlead.ports.model_deployer import Endpoint

app = typer.Typer(
    no_args_is_help=True,
    help="Serve registered models with the stack's model deployer. Who deploys is not who trains: "
    "FAIRLEAD_IDENTITY=deployer takes that role's account.",
)

Stack = Annotated[str | None, typer.Option("--stack", "-s", help="The stack (FAIRLEAD_STACK).")]
Manifest = Annotated[
    str | None, typer.Option("--manifest", help="Path or URI of a manifest, instead of a stack.")
]
Name = Annotated[str, typer.Argument(help="The endpoint's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_POLL = 2.0


@app.command()
def deploy(
    model: Annotated[
        str, typer.Argument(help="The model and its version or alias: NAME@champion.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="The endpoint; the model's name otherwise.")
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", help="Seconds to wait until it answers; 0 does not wait.")
    ] = 300.0,
    stack: Stack = None,
    manifest: Manifest = None,
    as_json: Json = False,
) -> None:
    """Serve a version of a model; what an endpoint served before answers until it does."""
    from fairlead.errors import BackendError, PipelineError
    from fairlead.ports.model_deployer import EndpointState

    registered, _, version = model.partition("@")
    if not version:
        raise PipelineError(f"{model!r} names no version: write {model}@3, or {model}@champion.")
    bound, deployer = _open(stack, manifest)
    bound.require("model_registry")
    endpoint = name or registered
    found = deployer.deploy(endpoint, bound.adapter("model_registry").get(registered, version))
    until = time.monotonic() + wait
    while wait and found.state is EndpointState.UPDATING and time.monotonic() < until:
        time.sleep(_POLL)
        found = deployer.status(endpoint)
        if found is None:
            raise BackendError(f"endpoint {endpoint!r} was deleted in the meantime.")
    _tell(found, as_json=as_json)
    if found.state is EndpointState.FAILED or (wait and found.state is not EndpointState.READY):
        raise typer.Exit(1)


@app.command()
def show(name: Name, stack: Stack = None, manifest: Manifest = None, as_json: Json = False) -> None:
    """Say what an endpoint serves, where, and whether it answers."""
    from fairlead.errors import ModelNotFoundError

    bound, deployer = _open(stack, manifest)
    found = deployer.status(name)
    if found is None:
        raise ModelNotFoundError(
            f"Stack {bound.name} has no endpoint {name!r}: `fairlead endpoints deploy` makes one."
        )
    _tell(found, as_json=as_json)


@app.command()
def delete(name: Name, stack: Stack = None, manifest: Manifest = None) -> None:
    """End an endpoint; one that is not there is no error."""
    bound, deployer = _open(stack, manifest)
    deployer.delete(name)
    typer.echo(f"Stack {bound.name} has no endpoint {name} any more.")


def _open(stack: str | None, manifest: str | None) -> tuple[Any, Any]:
    from fairlead.binding import bind

    bound = bind(stack, manifest=manifest)
    bound.require("model_deployer")
    return bound, bound.adapter("model_deployer")


def _tell(found: Endpoint, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**dataclasses.asdict(found), "state": found.state.value}))
        return
    typer.echo(f"{found.name}: {found.model} version {found.version} is {found.state.value}")
    typer.echo(f"  {found.url}")
    if found.reason:
        typer.echo(f"  {found.reason}")
