"""``fairlead stacks``: what a project's pipelines can run on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.output import JsonOption, ManifestOption, bound, emit, table

app = typer.Typer(no_args_is_help=True, help="List the stacks a pipeline can run on.")

RefreshOption = Annotated[bool, typer.Option("--refresh", help="Ask Pulumi, not the copy.")]


@app.command("list")
def list_(refresh: RefreshOption = False, as_json: JsonOption = False) -> None:
    """List the project's stacks, configured or provisioned."""
    from fairlead.binding import stacks

    found = stacks(refresh=refresh)
    if as_json:
        emit(
            [
                {
                    "name": one.name,
                    "configured": one.configured,
                    "provisioned": one.provisioned,
                    "provider": one.manifest.provider if one.manifest else None,
                    "digest": one.digest,
                    "problem": one.problem,
                }
                for one in found
            ]
        )
        return
    table(
        ["stack", "provider", "state", "components"],
        [
            (
                one.name,
                one.manifest.provider if one.manifest else "",
                "provisioned" if one.manifest else f"run `fairlead up {one.name}`",
                ", ".join(one.manifest.components) if one.manifest else one.problem,
            )
            for one in found
        ],
        empty="this project has no stacks",
    )


@app.command()
def show(
    stack: Annotated[
        str | None, typer.Argument(metavar="STACK", help="Its name (or FAIRLEAD_STACK).")
    ] = None,
    manifest: ManifestOption = None,
    refresh: RefreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show a stack's components: the manifest that runs are bound to."""
    found = bound(stack, manifest, refresh=refresh)
    document = found.manifest.document()
    if as_json:
        emit(document)
        return
    typer.echo(f"{found.name} ({document['provider']}) {found.digest}")
    rows = []
    for kind, contract in found.manifest.components.items():
        named = contract if kind == "step_operators" else {"": contract}
        for name, one in named.items():
            details = {key: value for key, value in one.items() if key not in {"flavor", "version"}}
            label = f"step_operator {name}" if name else kind
            rows.append((label, one.get("flavor", ""), _details(details)))
    table(["component", "flavor", "details"], rows, empty="no components")


def _details(details: dict[str, object]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in details.items() if value is not None)


@app.command()
def document(
    stack: Annotated[
        str | None,
        typer.Argument(metavar="STACK", help="The stack to rehearse; leave it out with --file."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the page.")] = Path(
        "stack.html"
    ),
    file: Annotated[
        Path | None,
        typer.Option("--file", help="A stack export or a saved `pulumi preview --json`."),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help="A Pulumi project; by default the one here or above."),
    ] = None,
) -> None:
    """Write a stack's document: components, identities, data flows, encryption, findings."""
    from fairlead.cli import catalog

    entry = catalog.Entry("fairlead_policies.commands.document:write_document", "", extra="pulumi")
    catalog.load("stacks document", entry)(stack, output, file=file, directory=directory)
    typer.echo(f"wrote {output}")
