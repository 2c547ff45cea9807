"""``fairlead image``: build the image that a stack's steps run in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.output import JsonOption, ManifestOption, StackOption, bound, emit

app = typer.Typer(no_args_is_help=True)


@app.callback()
def image() -> None:
    """Build the image that a stack's steps run in."""


@app.command()
def build(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    project: Annotated[
        Path, typer.Option("--project", help="A folder of the project whose lock counts.")
    ] = Path(),
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build it although the registry has it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build the image for the project's lock file, and push it to the stack's registry.

    It holds the locked packages and Fairlead, and none of your code, which travels with each run:
    editing code builds nothing. The same lock on the same base is the same image, built once.
    """
    from fairlead.images.build import build_image
    from fairlead.project import find_project

    def tell(text: str) -> None:
        typer.echo(f"{text} …", err=True)

    made = build_image(
        bound(stack, manifest), find_project(project.resolve()).root, rebuild=rebuild, tell=tell
    )
    if as_json:
        emit({"image": made.pinned, "tag": made.tag, "built": made.built, "sbom": made.bill})
        return
    typer.echo(f"{'built' if made.built else 'is there already'}: {made.pinned}")
    typer.echo(f"its bill of materials lies beside it, under the tag {made.bill}")
