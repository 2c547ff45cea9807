"""``fairlead rehearse``: show what a stack consists of, with the real engine and no account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fairlead_components.commands.options import Stack
from fairlead_components.engine.projects import find_project

app = typer.Typer(
    name="rehearse", help="Show what a stack consists of, offline: no account needed."
)


@app.command()
def rehearse(
    stack: Stack,
    *,
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help="A Pulumi project; by default the one here or above."),
    ] = None,
    up: Annotated[
        bool, typer.Option("--up", help="Also create, refresh, create again and destroy.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A YAML file with what data sources answer, by function."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a picture of the resources: an SVG file."),
    ] = None,
) -> None:
    """Show what a stack consists of, offline: no account needed.

    Pulumi's real engine runs the program against stand-ins for its providers, made from the
    installed SDKs, with a state that is thrown away. Exit status 1: something is wrong with
    resources; 2: the program does not run.
    """
    from fairlead_components.rehearsal.answers import Answers
    from fairlead_components.rehearsal.cycle import rehearse as run
    from fairlead_components.rehearsal.errors import RehearsalError
    from fairlead_components.rehearsal.picture import draw_plan
    from fairlead_components.rehearsal.program_failure import require_program
    from fairlead_components.rehearsal.report import summary_lines, tree_lines

    project = find_project(directory)
    answers = Answers.read(data) if data is not None else None
    result = run(project, stack, up=up, answers=answers)
    require_program(result, project.directory)
    if picture is not None:
        title = f"Resources of {result.project} {result.stack}"
        try:
            picture.write_text(draw_plan(result.plan, title=title), encoding="utf-8")
        except OSError as error:
            raise RehearsalError(f"{picture} cannot be written: {error.strerror}.") from error
    if as_json:
        typer.echo(json.dumps(result.to_data(), indent=2))
    else:
        count = len(result.plan.things())
        noun = "resource" if count == 1 else "resources"
        typer.echo(f"{result.project} {result.stack}: {count} {noun}")
        for line in (*tree_lines(result.plan), "", *summary_lines(result)):
            typer.echo(line)
    raise typer.Exit(0 if result.ok else 1)
