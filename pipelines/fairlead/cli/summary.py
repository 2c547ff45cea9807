"""Show one run: in the terminal for people, as data for programs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from fairlead.cli.output import STYLES, brief, console, duration, size, table, when
from fairlead.drawing.diagram import GLYPHS, Diagram, tally

if TYPE_CHECKING:
    from fairlead.readback.runs import Run
    from fairlead.readback.steps import Step

#: Longer lists of steps show only what is not well.
_MANY = 60


def diagram_of(run: Run) -> Diagram:
    """Return the diagram of a run, with its steps' states and times."""
    return Diagram.of(
        run.record.graph,
        {step.id: str(step.state) for step in run},
        {step.id: duration(step.seconds) for step in run},
    )


def write_picture(run: Run, folder: Path | None = None) -> Path:
    """Write the SVG of a run's graph and return where it lies.

    Args:
        run: The run.
        folder: Where to; ``.fairlead/pictures`` of the project if not given.
    """
    from fairlead.drawing.svg import draw_svg

    folder = folder or pictures()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.id}.svg"
    path.write_text(draw_svg(diagram_of(run), title=f"{run.pipeline}, run {run.id}"))
    return path


def pictures() -> Path:
    """Return the folder for pictures and pages: in the project, where git does not see it."""
    from fairlead.project import find_project

    folder = find_project(Path.cwd()).root / ".fairlead"
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    return folder / "pictures"


def print_run(run: Run) -> None:
    """Print what is known of a run."""
    out = console()
    state = str(run.state)
    head = f"[{STYLES.get(state, '')}]{state}[/] in {duration(run.seconds)}" if run.ended else state
    out.print(f"[bold]{run.pipeline}[/] {run.id} on {run.record.stack}: {head}")
    states = tally(str(step.state) for step in run)
    out.print(f"{when(run.started)}, {len(run)} steps: {states}", style="dim")
    if run.record.parameters:
        out.print(f"parameters: {brief(run.shown_parameters, 200)}", markup=False)
    if run.tags:
        out.print(f"tags: {brief(run.tags, 200)}", markup=False)
    _print_graph(run, out.width)
    shown = [step for step in run if len(run) <= _MANY or not step.state.good]
    if shown:
        table(
            ["", "step", "state", "time>", "attempts>", "outputs"],
            [_row(step) for step in shown],
            empty="",
        )
    if metrics := run.metrics:
        typer.echo()
        table(
            ["step", "metric", "value>"],
            [
                (step, name, f"{value:g}")
                for step, values in metrics.items()
                for name, value in values.items()
            ],
            empty="",
        )


def _print_graph(run: Run, width: int) -> None:
    from rich.text import Text

    from fairlead.drawing.terminal import draw_terminal

    color = sys.stdout.isatty()
    typer.echo()
    drawing = draw_terminal(diagram_of(run), width=width, color=color)
    console().print(Text.from_ansi(drawing), soft_wrap=True)
    typer.echo()


def _row(step: Step) -> tuple[object, ...]:
    outputs = ", ".join(
        f"{name}: {version.record.type} ({size(version.size)})"
        for name, version in step.outputs.items()
    )
    state = str(step.state)
    tries = len(step.attempts) or ""
    told = outputs or step.reason.partition("\n")[0]
    return GLYPHS[state], step.id, state, duration(step.seconds), tries, told


def print_summary(run: Run, *, where: str = "") -> None:
    """Print what a person wants to see when a run has ended.

    Args:
        run: The run.
        where: The options by which the person named the stack, for the commands to try next.
    """
    typer.echo()
    print_run(run)
    root = run.stack.objects.url
    picture = write_picture(run)
    typer.echo()
    typer.echo(f"artifacts   {root}/artifacts/{run.pipeline}")
    typer.echo(f"run record  {run.url}")
    typer.echo(f"picture     {picture}")
    typer.echo()
    typer.echo("Next:")
    called = program()
    commands = [(command + where, told) for command, told in next_commands(run)]
    width = max(len(command) for command, _ in commands)
    for command, told in commands:
        typer.echo(f"  {called} {command:<{width}}   {told}")


def program() -> str:
    """Return what the shell knows this program by: its name, or its path if PATH has another."""
    called = Path(sys.argv[0])
    found = shutil.which("fairlead")
    if called.name != "fairlead" or (found and Path(found).resolve() == called.resolve()):
        return "fairlead"
    return os.path.relpath(called)


def next_commands(run: Run) -> list[tuple[str, str]]:
    """Return the three commands that make sense after a run, each with what it does."""
    failed = next((step.id for step in run if step.state == "failed"), None)
    if failed is not None:
        return [
            (f"runs logs {run.id} {failed}", "what it printed"),
            (f"runs debug {run.id} {failed}", "run it here, under a debugger"),
            (f"runs open {run.id}", "all of it on one page"),
        ]
    version = next((v.version for s in reversed([*run]) for v in s.outputs.values()), None)
    return [
        (f"runs open {run.id}", "all of it on one page"),
        (f"artifacts lineage {version}" if version else "artifacts list", "what made it"),
        ("runs list", "what ran before"),
    ]


def as_data(run: Run) -> dict[str, Any]:
    """Return what is known of a run as JSON data."""
    from fairlead.store.records import as_json

    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "stack": run.record.stack,
        "state": str(run.state),
        "created": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "seconds": run.seconds,
        "parameters": run.shown_parameters,
        "tags": run.tags,
        "url": run.url,
        "manifest": run.record.manifest_digest,
        "bundle": run.record.bundle_digest,
        "provenance": as_json(run.provenance),
        "steps": [_step_data(step) for step in run],
    }


def _step_data(step: Step) -> dict[str, Any]:
    from fairlead.store.records import as_json

    made_by = step.made_by
    return {
        "id": step.id,
        "state": str(step.state),
        "seconds": step.seconds,
        "attempts": len(step.attempts),
        "reason": step.reason,
        "failure": as_json(step.failure) if step.failure else None,
        "inputs": step.inputs,
        "outputs": {
            name: {**as_json(v.record), "version": v.version} for name, v in step.outputs.items()
        },
        "metrics": step.metrics,
        "models": step.models,
        "made_by": as_json(made_by) if made_by else None,
    }
