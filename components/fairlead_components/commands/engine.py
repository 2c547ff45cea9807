"""``fairlead engine``: find, install and describe the Pulumi command line."""

from __future__ import annotations

import json
import shlex
import shutil
from typing import Annotated

import typer

from fairlead.errors import EngineNotFoundError, FairleadError
from fairlead_components.engine import location
from fairlead_components.engine.errors import EngineVersionError
from fairlead_components.engine.source import engine_version

app = typer.Typer(
    name="engine", help="Find or install the Pulumi command line.", no_args_is_help=True
)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
) -> None:
    """Say which engine is used, and from where; exit status 2 when there is none."""
    found: dict[str, object] = {
        "found": False,
        "builds": engine_version(),
        "cache": str(location.platform_directory()),
        "go": shutil.which("go"),
    }
    problem: FairleadError | None = None
    try:
        engine = location.locate()
    except FairleadError as error:
        problem = error
        found["problem"] = str(error)
    else:
        host = engine.language_host
        found |= {
            "found": True,
            "path": str(engine.path),
            "version": engine.version,
            "origin": engine.origin,
            "language_host": str(host) if host else None,
        }
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        raise typer.Exit(0 if problem is None else problem.exit_code)
    if problem is not None:
        raise problem
    typer.echo(f"engine         Pulumi {found['version']}")
    typer.echo(f"path           {found['path']}")
    typer.echo(f"found through  {found['origin']}")
    typer.echo(f"Python host    {found['language_host'] or 'missing: programs cannot run'}")
    typer.echo(f"cache          {found['cache']}")


@app.command()
def install(
    official: Annotated[  # noqa: FBT002
        bool, typer.Option("--official", help="Run Pulumi's own installer instead of building.")
    ] = False,
    force: Annotated[  # noqa: FBT002
        bool, typer.Option("--force", help="Install even where an engine is there.")
    ] = False,
) -> None:
    """Install the engine into the cache that all checkouts share.

    Without --official it is built from Pulumi's Go modules, which takes 5 to 10 minutes the first
    time. An engine that is already on PATH is used as it is, unless --force is given.
    """
    from fairlead_components.engine.progress import Progress

    if not force:
        try:
            engine = location.locate()
        except (EngineNotFoundError, EngineVersionError) as error:
            typer.echo(str(error).split(". ")[0] + ".", err=True)
        else:
            typer.echo(f"Pulumi {engine.version} is there ({engine.origin}): {engine.path}")
            return
    progress = Progress()
    if official:
        from fairlead_components.engine.official import install_official

        engine = install_official(progress=progress, force=force)
    else:
        from fairlead_components.engine.build import build, find_go

        go = find_go()
        typer.echo(f"Building Pulumi {engine_version()} from source with {go}.", err=True)
        engine = build(progress=progress, force=force)
    typer.echo(engine.path)
    _say_if_hidden(engine)


def _say_if_hidden(installed: location.Engine) -> None:
    """Tell how to use what was installed where something else is found before it."""
    location.forget()
    try:
        used = location.locate().path
    except FairleadError:
        used = None
    if used != installed.path:
        typer.echo(
            f"It is not the one that is found first ({used or 'which cannot be used'}): to use it, "
            f"export FAIRLEAD_ENGINE={shlex.quote(str(installed.path))}",
            err=True,
        )


@app.command()
def path() -> None:
    """Print the path of the executable."""
    typer.echo(location.locate().path)


@app.command()
def env(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
) -> None:
    """Print the variables with which `pulumi` works by hand: eval "$(fairlead engine env)"."""
    from fairlead_components.engine.environment import engine_environment

    variables = engine_environment()
    if as_json:
        typer.echo(json.dumps(variables, indent=2))
        return
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
