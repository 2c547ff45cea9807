"""``fairlead policies``: the pack for plain Pulumi, and what is in it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(
    name="policies", help="Find and install the pack for plain Pulumi.", no_args_is_help=True
)


@app.command()
def path() -> None:
    """Print the pack's folder, for `pulumi preview --policy-pack`."""
    from fairlead_policies.commands.pack_folder import is_installed, pack_folder

    folder = pack_folder()
    typer.echo(folder)
    if not is_installed(folder):
        typer.echo("Its environment is not there yet: run `fairlead policies install`.", err=True)


@app.command()
def install() -> None:
    """Make the pack's own Python environment, beside the pack."""
    from fairlead_policies.commands.pack_folder import install as make
    from fairlead_policies.commands.pack_folder import pack_folder

    folder = pack_folder()
    make(folder)
    typer.echo(folder)


@app.command("list")
def list_controls(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
) -> None:
    """List the controls, with their severity and the criteria they support."""
    from fairlead_policies.catalog import controls

    if as_json:
        shown = [
            {
                "id": one.id,
                "title": one.title,
                "severity": one.severity,
                "implemented": one.implemented,
                "criteria": {key: list(ids) for key, ids in one.criteria.items()},
            }
            for one in controls().values()
        ]
        typer.echo(json.dumps(shown, indent=2))
        return
    for one in controls().values():
        supported = " ".join(c for ids in one.criteria.values() for c in ids)
        note = "" if one.implemented else "  (not implemented)"
        typer.echo(f"{one.id:<13}{one.severity:<10}{one.title}  [{supported}]{note}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the pack's settings, which `--config` reads."""
    from fairlead_policies.settings import settings_type

    typer.echo(json.dumps(settings_type().json_schema(), indent=2))
