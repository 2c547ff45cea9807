"""``fairlead run FILE[:pipeline]``: run a pipeline, show it as it goes, say what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.output import (
    JsonOption,
    ManifestOption,
    StackOption,
    TagOption,
    bound,
    chosen,
    emit,
    pairs,
)

app = typer.Typer()


@app.command()
def run(
    target: Annotated[
        str, typer.Argument(metavar="FILE[:PIPELINE]", help="The file, and which pipeline of it.")
    ],
    stack: StackOption = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="KEY=VALUE", help="A parameter; repeatable."),
    ] = None,
    tag: TagOption = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A YAML file: parameters, tags, step options.")
    ] = None,
    manifest: ManifestOption = None,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Run every step in this process, one by one.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read the stack's manifest anew.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Run every step, whatever the cache holds.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return as soon as the run is submitted.")
    ] = False,
    logs: Annotated[
        bool, typer.Option("--logs/--no-logs", help="Show what steps print, while they run.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Run a pipeline on a stack.

    Shows steps with state and time as they go, and what they print; at the end outcome, results,
    metrics, where everything lies, the graph and what to do next. Ends with status 1 if a step
    failed.
    """
    from fairlead.cli.progress import Progress
    from fairlead.cli.summary import as_data, print_summary
    from fairlead.errors import RunFailedError
    from fairlead.loading import load_pipeline

    where = chosen(stack, manifest)
    file, name = split_target(target)
    pipeline = load_pipeline(file, name)
    values = pipeline.parse(pairs(parameter, "-p"))
    # In this process, steps print to the terminal by themselves.
    progress = Progress(quiet=as_json, logs=logs and not in_process)
    try:
        with progress:
            done = pipeline.run(
                stack=stack,
                manifest=manifest,
                config=str(config) if config else None,
                tags=pairs(tag, "--tag"),
                wait=not detach,
                in_process=in_process,
                cache=not no_cache,
                refresh=refresh,
                observer=progress,
                **values,
            )
    except KeyboardInterrupt:
        told = " before anything ran"
        if progress.run is not None:
            told = (
                f": run {progress.run} was stopped; what its steps had finished is kept, and the "
                "same `fairlead run` again takes it from the cache"
            )
        typer.echo(f"interrupted{told}", err=True)
        raise typer.Exit(130) from None
    except RunFailedError:
        if progress.run is not None:
            from fairlead.readback.runs import Run

            failed = Run(bound(stack, manifest), progress.run)
            if as_json:
                emit(as_data(failed))
            else:
                print_summary(failed, where=where)
        raise
    if as_json:
        emit(as_data(done))
    elif detach:
        typer.echo(f"submitted {done.id}")
        typer.echo(f"follow it with `fairlead runs show {done.id}{where}`")
    else:
        print_summary(done, where=where)


def split_target(target: str) -> tuple[str, str | None]:
    """Return the file and the pipeline that ``FILE[:PIPELINE]`` names.

    Example:
        >>> split_target("train.py:training"), split_target("c:/train.py")
        (('train.py', 'training'), ('c:/train.py', None))
    """
    file, separator, name = target.rpartition(":")
    if separator and name.isidentifier():
        return file, name
    return target, None
