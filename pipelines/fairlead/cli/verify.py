"""``fairlead verify FILE[:pipeline] --stacks A,B``: do stacks run it to the same?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fairlead.cli.output import JsonOption, emit, pairs, table
from fairlead.cli.run import split_target

app = typer.Typer()


@app.command()
def verify(
    target: Annotated[
        str, typer.Argument(metavar="FILE[:PIPELINE]", help="The file, and which pipeline of it.")
    ],
    stacks: Annotated[
        str, typer.Option("--stacks", help="The stacks, such as local,kubernetes.")
    ] = "",
    manifest: Annotated[
        list[str] | None,
        typer.Option("--manifest", help="Path or URI of a further stack's manifest; repeatable."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="KEY=VALUE", help="A parameter; repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a pipeline on several stacks and compare graphs, artifacts, cache keys and lineage.

    Every step runs on every stack, whatever the caches hold. Ends with status 1 if the stacks
    disagree; what a materializer declares not to be deterministic, and the numbers that registries
    give to versions of models, are reported and excluded.
    """
    from fairlead.cli.progress import Progress
    from fairlead.loading import load_pipeline
    from fairlead.verification import verify as compare

    pipeline = load_pipeline(*split_target(target))
    values = pipeline.parse(pairs(parameter, "-p"))
    chosen: dict[str, dict[str, Any]] = {
        name.strip(): {"stack": name.strip()} for name in stacks.split(",") if name.strip()
    }
    for place in manifest or []:
        from fairlead.manifests import read_manifest

        found = read_manifest(place)
        chosen[found.stack] = {"manifest": found}
    progress = Progress(quiet=as_json)
    with progress:
        verification = compare(pipeline, chosen, values, observer=progress)
    if as_json:
        emit(_data(verification))
    else:
        _show(verification)
    if not verification.equal:
        raise typer.Exit(1)


def _data(verification: Any) -> dict[str, Any]:
    return {
        "equal": verification.equal,
        "runs": dict(verification.runs),
        "findings": [
            {
                "aspect": finding.aspect, "name": finding.name, "verdict": finding.verdict,
                "values": dict(finding.values), "excluded": finding.excluded,
            }
            for finding in verification.findings
        ],
    }  # fmt: skip


def _show(verification: Any) -> None:
    from fairlead.verification import ASPECTS

    rows = []
    for aspect in ASPECTS:
        counts = [
            len(verification.of(aspect, verdict)) for verdict in ("equal", "different", "excluded")
        ]
        rows.append([aspect, *map(str, counts), "yes" if counts[1] == 0 else "NO"])
    typer.echo()
    table(["compared", "equal>", "different>", "excluded>", "proven"], rows, empty="nothing ran")
    for finding in verification.findings:
        if finding.verdict == "different":
            typer.echo(f"\n{finding.aspect}: {finding.name} differs")
            for stack, value in finding.values.items():
                typer.echo(f"  {stack}: {_short(value)}")
        elif finding.verdict == "excluded":
            typer.echo(f"\n{finding.aspect}: {finding.name} is excluded: {finding.excluded}")
    told = ", ".join(f"{stack} {run}" for stack, run in verification.runs.items())
    verdict = "agree" if verification.equal else "DISAGREE"
    typer.echo(f"\nThe stacks {verdict}. Runs: {told}")


def _short(value: str | None) -> str:
    if value is None:
        return "—"
    return value if len(value) <= 400 else f"{value[:400]}…"  # noqa: PLR2004 - a few lines
