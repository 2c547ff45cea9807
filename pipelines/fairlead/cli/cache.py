"""``fairlead cache``: why a step ran, or why it was taken from the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.output import JsonOption, ManifestOption, RunArgument, StackOption, bound, emit

if TYPE_CHECKING:
    from fairlead.readback.runs import Run
    from fairlead.readback.steps import Step

app = typer.Typer(help="Explain why a step ran or was cached.")

#: Earlier runs that are looked at for the step.
_LOOKED_AT = 50


@app.callback()
def cache() -> None:
    """Explain why a step ran or was cached."""


@app.command()
def explain(
    run: RunArgument,
    step: Annotated[str, typer.Argument(metavar="STEP", help="A step's id.")],
    other: Annotated[
        str | None, typer.Option("--with", help="The run to compare with; else the one before.")
    ] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a step's cache key was made of, and what changed since an earlier run."""
    import dataclasses

    from fairlead.readback.runs import find
    from fairlead.store.cache_explain import explain as changes_between
    from fairlead.store.cache_key import key_parts, step_key

    on = bound(stack, manifest)
    found = find(on, run)[step]
    before = find(on, other)[step] if other else _before(found)
    digests = key_inputs(found)
    parts = key_parts(found.run.record, found.node, digests)
    changes = (
        changes_between(parts, key_parts(before.run.record, before.node, key_inputs(before)))
        if before
        else []
    )
    key = step_key(found.run.record, found.node, digests)
    if as_json:
        emit(
            {
                "run": found.run.id,
                "step": step,
                "state": str(found.state),
                "key": key,
                "parts": parts,
                "compared_with": before.run.id if before else None,
                "changes": [dataclasses.asdict(change) for change in changes],
            }
        )
        return
    typer.echo(f"step {step} of run {found.run.id}: {_told(found)}")
    typer.echo(f"key {key}")
    for part, value in parts.items():
        if isinstance(value, dict):
            typer.echo(f"  {part}")
            for name, one in value.items():
                typer.echo(f"    {name:<40} {_short(one)}")
        else:
            typer.echo(f"  {part:<42} {_short(value)}")
    if before is None:
        typer.echo("no earlier run of this pipeline has the step")
    elif changes:
        typer.echo(f"since run {before.run.id}:")
        for change in changes:
            typer.echo(f"  {change}")
    else:
        typer.echo(f"nothing changed since run {before.run.id}")


def _told(step: Step) -> str:
    if step.state == "cached" and step.made_by is not None:
        return f"cached, made by run {step.made_by.run}, attempt {step.made_by.attempt}"
    if not step.run.record.graph.options(step.node).cache:
        return f"{step.state}; the step is not cached (@step(cache=False))"
    if not step.run.record.use_cache:
        return f"{step.state}; the run was started with --no-cache"
    return str(step.state)


def _short(value: Any) -> str:
    text = str(value)
    return text[:19] if text.startswith("sha256:") else text[:100]


def key_inputs(step: Step) -> dict[str, str]:
    """Return the identities of a step's inputs by the names that its cache key uses.

    Args:
        step: A step whose inputs have been made.

    Raises:
        RunNotFoundError: An input was never made, so the step has no key.
    """
    from fairlead.errors import RunNotFoundError
    from fairlead.graph import NodeInput
    from fairlead.store.cache_key import input_identities
    from fairlead.store.records import ArtifactRecord

    def made(read: NodeInput) -> ArtifactRecord:
        outputs = step.run[read.node].outputs
        if read.output not in outputs:
            raise RunNotFoundError(
                f"step {step.id!r} of run {step.run.id} reads {read.node}.{read.output}, which was "
                "not made: the step has no cache key"
            )
        return outputs[read.output].record

    return input_identities(step.node, made)


def _before(step: Step) -> Step | None:
    """Return the step in the newest earlier run of the pipeline in which it got as far."""
    from fairlead.readback.runs import history
    from fairlead.store.index import Filter

    run: Run
    for run in history(step.run.stack, _LOOKED_AT, Filter(pipeline=step.run.pipeline)):
        if run.id < step.run.id and step.id in run.steps and run[step.id].state.good:
            return run[step.id]
    return None
