"""``fairlead artifacts``: list, show, get, put what steps made, and follow its lineage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.output import (
    JsonOption,
    ManifestOption,
    StackOption,
    TagOption,
    bound,
    brief,
    emit,
    pairs,
    size,
    table,
    when,
)

if TYPE_CHECKING:
    from fairlead.binding import Stack
    from fairlead.readback.artifact_version import ArtifactVersion
    from fairlead.readback.lineage import Made
    from fairlead.readback.runs import Run

app = typer.Typer(no_args_is_help=True, help="List, show, get and put what steps made.")

VersionArgument = Annotated[
    str,
    typer.Argument(
        metavar="ARTIFACT",
        help="<run>/<step>/<output>, <run>/<step>, the newest <pipeline>/<step>/<output>, or a "
        "name that was put.",
    ),
]


def _version(text: str, stack: str | None, manifest: str | None) -> tuple[Stack, ArtifactVersion]:
    from fairlead.readback.lineage import find_version

    on = bound(stack, manifest)
    return on, find_version(on, text)


def _data(version: ArtifactVersion) -> dict[str, Any]:
    from fairlead.store.records import as_json

    return {
        "version": version.version,
        "origin": version.origin,
        **as_json(version.record),
        "url": version.url,
    }


@app.command("list")
def list_(
    run: Annotated[str | None, typer.Option("--run", help="Only of this run.")] = None,
    pipeline: Annotated[str | None, typer.Option("--pipeline", help="Only of this one.")] = None,
    step: Annotated[str | None, typer.Option("--step", help="Only of this step.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    made: Annotated[
        bool, typer.Option("--made", help="Leave out what was taken from the cache.")
    ] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """List artifact versions, those of the newest run first."""
    from fairlead.readback.runs import find, history, wanted

    on = bound(stack, manifest)
    found: list[tuple[Run, ArtifactVersion]] = []
    for one in [find(on, run)] if run else history(on, limit, wanted(pipeline)):
        for made_by in one:
            if step in (None, made_by.id):
                found += [
                    (one, version)
                    for version in made_by.outputs.values()
                    if not made or version.origin == version.version
                ]
        if len(found) >= limit and not run:
            break
    found = found if run else found[:limit]
    if as_json:
        emit([_data(version) for _, version in found])
        return
    table(
        ["artifact", "pipeline", "type", "size>", "made", "about"],
        [
            (
                version.version,
                one.pipeline,
                version.record.type,
                size(version.size),
                when(one.started) if version.origin == version.version else "cached",
                brief({k: v for k, v in version.metadata.items() if k != "preview"}, 50),
            )
            for one, version in found
        ],
        empty=f"no artifacts in {on.objects.url}",
    )


@app.command()
def show(
    artifact: VersionArgument,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an artifact: type, size, what is known of it, a preview."""
    _, version = _version(artifact, stack, manifest)
    preview = version.preview()
    if as_json:
        emit({**_data(version), "preview": preview})
        return
    rows = [
        ("artifact", version.version),
        ("made as", version.origin),
        ("type", version.record.type),
        ("size", size(version.size)),
        ("digest", version.digest),
        ("stored by", f"{version.record.materializer} {version.record.materializer_version}"),
        ("lies at", version.url),
    ]
    for name, value in rows:
        typer.echo(f"{name:<10} {value}")
    for name, value in version.metadata.items():
        if name == "preview":
            continue
        typer.echo(f"{name:<10} {json.dumps(value, ensure_ascii=False)[:300]}")
    _print_preview(preview)


def _print_preview(preview: dict[str, Any]) -> None:
    if preview.get("kind") == "text":
        typer.echo(f"\n{preview['text']}")
    elif preview.get("kind") == "table":
        typer.echo()
        table([str(c) for c in preview["columns"]], preview["rows"], empty="no rows")


@app.command()
def get(
    artifact: VersionArgument,
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH", help="Where to, or `-` to print it; by default named after it."
        ),
    ] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an artifact's content to a file or folder, as it is stored, verified."""
    _, version = _version(artifact, stack, manifest)
    if target == Path("-"):
        _print_content(version)
        return
    name = str(version.metadata.get("name") or f"{version.step}.{version.output}")
    path = version.get(target or Path(name.replace("/", ".")))
    if as_json:
        emit({**_data(version), "path": str(path.resolve())})
    else:
        typer.echo(path)


def _print_content(version: ArtifactVersion) -> None:
    """Write a file's content to standard output, once all of it is verified."""
    import shutil
    import sys
    import tempfile

    from fairlead.errors import ParameterError

    with tempfile.TemporaryDirectory(prefix="fairlead-") as folder:
        path = version.get(Path(folder) / "content")
        if path.is_dir():
            raise ParameterError(f"{version.version} is a folder: give the path of a new one")
        with path.open("rb") as content:
            sys.stdout.flush()
            shutil.copyfileobj(content, sys.stdout.buffer)
            sys.stdout.buffer.flush()


@app.command()
def put(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What Artifact(…) finds it by.")],
    source: Annotated[Path, typer.Argument(metavar="PATH", help="A file or a folder.")],
    as_value: Annotated[
        bool, typer.Option("--value", help="Store what the JSON file says, not the file.")
    ] = False,
    tag: TagOption = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a file, a folder or a JSON value, for pipelines to take as `Artifact("NAME")`."""
    from fairlead.errors import ParameterError
    from fairlead.readback.imported import put_artifact

    if not source.exists():
        raise ParameterError(f"{source} does not exist: give the path of a file or a folder")
    value: Any = source.absolute()
    if as_value:
        try:
            value = json.loads(source.read_bytes())
        except ValueError as error:
            raise ParameterError(f"{source} is no JSON ({error}): leave --value out") from None
    version = put_artifact(bound(stack, manifest), name, value, tags=pairs(tag, "--tag"))
    if as_json:
        emit(_data(version))
    else:
        typer.echo(version.version)


@app.command()
def lineage(
    artifact: VersionArgument,
    up: Annotated[bool, typer.Option("--up", help="Only what made it.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what used it.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what made an artifact, back to the beginning, and which steps of any run used it."""
    import dataclasses

    _, version = _version(artifact, stack, manifest)
    made = version.lineage() if up or not down else None
    uses = version.used_by() if down or not up else None
    if as_json:
        emit(
            {
                "version": version.version,
                "origin": version.origin,
                "made_from": _made_data(made) if made else None,
                "used_by": None if uses is None else [dataclasses.asdict(use) for use in uses],
            }
        )
        return
    if made is not None:
        _print_made(made)
    if uses is not None:
        typer.echo(f"\nused by {len(uses)} step{'s' if len(uses) != 1 else ''}")
        table(
            ["run", "pipeline", "step"],
            [(use.run, use.pipeline, use.step) for use in uses],
            empty="",
        )


def _made_data(made: Made) -> dict[str, Any]:
    return {
        "version": made.version.version,
        "digest": made.version.digest,
        "pipeline": made.pipeline,
        "parameters": made.parameters,
        "inputs": [_made_data(one) for one in made.inputs],
        "missing": list(made.missing),
    }


def _print_made(made: Made) -> None:
    from rich.text import Text
    from rich.tree import Tree

    from fairlead.cli.output import console

    told: set[str] = set()

    def label(one: Made) -> Text:
        version = one.version
        again = version.version in told and one.inputs
        return Text.assemble(
            (version.version, "bold"),
            f"  {version.record.type} ",
            (f"{version.digest[:19]} {brief(one.parameters, 50)}", "dim"),
            (" (above)" if again else "", "dim"),
        )

    def grow(tree: Tree, one: Made) -> None:
        if one.version.version in told:
            return
        told.add(one.version.version)
        for up in one.inputs:
            grow(tree.add(label(up)), up)
        for gone in one.missing:
            tree.add(Text(f"{gone} (no longer in the store)", "red"))

    tree = Tree(label(made))
    grow(tree, made)
    console().print(tree, soft_wrap=True)
