"""``fairlead runs``: list, show, compare, open, debug, cancel and resume runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.output import (
    JsonOption,
    ManifestOption,
    RunArgument,
    StackOption,
    TagOption,
    bound,
    brief,
    chosen,
    duration,
    emit,
    pairs,
    parse_since,
    table,
    when,
)

if TYPE_CHECKING:
    from fairlead.readback.runs import Run

app = typer.Typer(no_args_is_help=True, help="List, show, compare, open and debug runs.")

StepArgument = Annotated[str, typer.Argument(metavar="STEP", help="A step's id.")]


def _find(run: str, stack: str | None, manifest: str | None) -> Run:
    from fairlead.readback.runs import find

    return find(bound(stack, manifest), run)


def _print_died(run: str, where: str) -> None:
    typer.echo(
        "\nThe runner of this run died, so nothing of it goes on. "
        f"`fairlead runs resume {run}{where}` keeps what succeeded and runs the rest; "
        f"`fairlead runs cancel {run}{where}` ends it."
    )


@app.command("list")
def list_(
    stack: StackOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    pipeline: Annotated[str | None, typer.Option("--pipeline", help="Only of this one.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only succeeded, failed, cancelled, running, ….")
    ] = None,
    tag: TagOption = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only since 2026-01-31, or 90m, 12h, 7d ago.")
    ] = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, the newest first."""
    from fairlead.readback.ending import runners_alive
    from fairlead.readback.runs import wanted
    from fairlead.readback.shown_values import shown
    from fairlead.store.history import History
    from fairlead.store.history import as_json as data

    accepts = wanted(pipeline, state, pairs(tag, "--tag"), parse_since(since) if since else None)
    where = bound(stack, manifest)
    found = History(where.objects).runs(limit, accepts)
    lives = runners_alive(where, found)
    if as_json:
        emit([{**data(run), "runner_alive": lives[run.id]} for run in found])
        return
    table(
        ["run", "pipeline", "state", "submitted", "time>", "by", "steps", "parameters"],
        [
            (
                run.id,
                run.pipeline,
                "runner died" if lives[run.id] is False else run.state,
                when(run.created),
                duration(run.seconds),
                run.person,
                ", ".join(f"{count} {name}" for name, count in run.steps.items()),
                brief(
                    {
                        **{name: shown(value) for name, value in run.parameters.items()},
                        **{f"#{name}": value for name, value in run.tags.items()},
                    },
                    40,
                ),
            )
            for run in found
        ],
        empty=f"no such runs in {where.objects.url}",
    )
    if died := next((run.id for run in found if lives[run.id] is False), None):
        _print_died(died, chosen(stack, manifest))


@app.command()
def show(
    run: RunArgument = "latest",
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a run: its steps, results, metrics, and where everything lies."""
    from fairlead.cli.summary import as_data, print_run
    from fairlead.readback.ending import runner_alive

    found = _find(run, stack, manifest)
    lives = runner_alive(found)
    if as_json:
        emit({**as_data(found), "runner_alive": lives})
        return
    print_run(found)
    if lives is False:
        _print_died(found.id, chosen(stack, manifest))
    by = found.provenance
    commit = f", commit {by.git_commit[:12]}" if by.git_commit else ""
    dirty = " with changes" if by.git_dirty else ""
    typer.echo(f"\nby {by.person} on {by.host}{commit}{dirty}, Fairlead {by.fairlead}")
    typer.echo(f"run record  {found.url}")
    for step in found:
        if step.failure is not None and step.state == "failed":
            typer.echo(f"\nstep {step.id} failed: {step.reason}")
            typer.echo(step.failure.traceback or step.failure.log_tail)


@app.command()
def logs(
    run: RunArgument = "latest",
    step: Annotated[str | None, typer.Argument(metavar="STEP", help="Only of this step.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run has ended.")
    ] = False,
    attempt: Annotated[int | None, typer.Option("--attempt", min=1, help="Which try.")] = None,
    rank: Annotated[int, typer.Option("--rank", min=0, help="Of a distributed step, which.")] = 0,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a run's steps printed; with ``--follow`` what they print while they run."""
    found = _find(run, stack, manifest)
    if follow:
        from fairlead.readback.live_logs import follow_logs

        follow_logs(found, _print_lines, step=step)
        return
    steps = [found[step]] if step else [*found]
    texts = {one.id: one.logs(attempt if step else None, rank=rank) for one in steps}
    if as_json:
        emit(texts)
    elif step:
        typer.echo(texts[step], nl=False)
    else:
        for name, text in texts.items():
            _print_lines(name, 1, text)


def _print_lines(step: str, number: int, text: str) -> None:
    again = f" ({number})" if number > 1 else ""
    for line in text.splitlines():
        typer.echo(f"{step}{again} | {line}")


@app.command()
def diff(
    first: RunArgument = "latest",
    second: Annotated[
        str | None,
        typer.Argument(metavar="OTHER", help="Another; else what ran before RUN is compared."),
    ] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs: parameters, code, inputs, results, metrics, times, provenance.

    Given one run, or none, it is compared with the run of the same pipeline before it.
    """
    import dataclasses

    from fairlead.readback.comparison import compare
    from fairlead.readback.runs import find, previous

    on = bound(stack, manifest)
    a = find(on, first)
    a, b = (previous(a), a) if second is None else (a, find(on, second))
    found = compare(a, b)
    if as_json:
        emit([{**dataclasses.asdict(one), "kind": one.kind} for one in found])
        return
    typer.echo(f"{a.id} ({when(a.started)}) → {b.id} ({when(b.started)})")
    table(
        ["", "what", a.id[-8:], b.id[-8:]],
        [(one.section, one.name, _cell(one.before), _cell(one.after)) for one in found],
        empty="The two runs are alike.",
    )


def _cell(value: Any) -> str:
    if value is None:
        return "–"  # noqa: RUF001 - what a table shows for nothing
    text = str(value)
    return text[:19] if text.startswith("sha256:") else text[:80]


@app.command("open")
def open_(
    run: RunArgument = "latest",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.")
    ] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one self-contained HTML page of a run, and open it if this is a terminal."""
    import sys

    from fairlead.cli.summary import pictures
    from fairlead.page.run_page import write_page

    found = _find(run, stack, manifest)
    path = write_page(found, output or pictures() / f"{found.id}.html")
    if as_json:
        emit({"path": str(path)})
        return
    typer.echo(path)
    if sys.stdout.isatty() and output is None:
        import webbrowser

        webbrowser.open(path.as_uri())


@app.command()
def debug(
    run: RunArgument,
    step: StepArgument,
    pdb: Annotated[bool, typer.Option("--pdb/--no-pdb", help="Stop at its first line.")] = True,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a step here, with its exact inputs and its recorded code; nothing is stored."""
    from fairlead.errors import StepFailedError
    from fairlead.readback.debugging import RecordedStep
    from fairlead.runtime.execute import user_traceback

    found = _find(run, stack, manifest)
    ready = RecordedStep(found, step)
    if not as_json:
        typer.echo(f"step {step} of run {found.id}, code in {ready.code or 'this process'}")
        for name, value in ready.arguments.items():
            typer.echo(f"  {name} = {type(value).__name__} {repr(value)[:70]}")
    try:
        if pdb:
            import pdb as debugger  # noqa: T100 - this command is a debugger

            result = ready.call(debugger.Pdb(nosigint=True).runcall)
        else:
            result = ready.call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except Exception as error:
        if isinstance(error, _bdb_quit()):
            return
        text = user_traceback(error, str(ready.code or ""))
        raise StepFailedError(f"step {step!r} failed here:\n{text}") from error
    if as_json:
        emit({"step": step, "result": repr(result), "metrics": ready.metrics})
        return
    for name, value in ready.metrics.items():
        typer.echo(f"metric {name} = {value:g}")
    typer.echo(f"result: {type(result).__name__} {repr(result)[:500]}")


def _bdb_quit() -> type[Exception]:
    import bdb

    return bdb.BdbQuit


@app.command()
def cancel(
    run: RunArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a run to stop; one whose runner is dead is ended here."""
    from fairlead.readback.ending import cancel_run

    found = _find(run, stack, manifest)
    told = cancel_run(found, reason=reason)
    if as_json:
        emit({"run": found.id, "state": str(found.refresh().state), "told": told})
    else:
        typer.echo(told)


@app.command()
def resume(
    run: RunArgument = "latest",
    stack: StackOption = None,
    manifest: ManifestOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a run whose runner died: what succeeded is kept, the rest is run."""
    from fairlead.cli.progress import Progress
    from fairlead.cli.summary import as_data, print_summary
    from fairlead.readback.ending import resume_run
    from fairlead.runner.submit import finished

    found = _find(run, stack, manifest)
    with Progress(quiet=as_json) as progress:
        resume_run(found, progress)
    found.refresh()
    if as_json:
        emit(as_data(found))
    else:
        print_summary(found, where=chosen(stack, manifest))
    finished(found)
