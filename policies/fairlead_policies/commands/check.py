"""``fairlead check``: hold a stack to the controls, offline."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_policies.errors import PolicyError, listed
from fairlead_policies.settings import PROJECT_SETTINGS

if TYPE_CHECKING:
    from fairlead_policies.inventory import Inventory
    from fairlead_policies.report.matrix import Report

app = typer.Typer(name="check", help="Hold a stack to the controls, offline.")


class Format(StrEnum):
    """Name the forms of a report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    HTML = "html"


class Severity(StrEnum):
    """Name how bad a finding is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@app.command()
def check(
    stack: Annotated[
        str | None, typer.Argument(help="The stack to rehearse; leave it out with --file.")
    ] = None,
    *,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="A stack export or a saved `pulumi preview --json`."),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help="A Pulumi project; by default the one here or above."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A YAML file with what data sources answer, by function."),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="How the report is written.")
    ] = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to; then the terminal shows the matrix."),
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option("--fail-on", help="The least severity that gives exit status 1.")
    ] = Severity.LOW,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help=f"The pack's settings; by default the project's {PROJECT_SETTINGS}."
        ),
    ] = None,
    waivers: Annotated[
        Path | None, typer.Option("--waivers", help="A YAML file with findings that are accepted.")
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", help="A folder to write what an auditor needs to.")
    ] = None,
    time: Annotated[
        datetime | None,
        typer.Option(help="The time to report, in UTC; by default SOURCE_DATE_EPOCH, or now."),
    ] = None,
) -> None:
    """Hold a stack to the controls, offline.

    Without --file, the stack's program is rehearsed first. Exit status 1: something fails; 2: an
    input is wrong, or a waiver has expired or covers nothing.
    """
    if (stack is None) == (file is None):
        raise PolicyError("Name either a stack, to rehearse it, or a --file with its resources.")
    inventory, remarks = read_inputs(stack, file, directory, data)
    report = build_report(
        inventory,
        config=config or project_settings(stack, directory),
        waivers=waivers,
        time=report_time(time),
        remarks=remarks,
    )
    _write(report, form, output)
    if evidence is not None:
        from fairlead_policies.report.evidence import write_evidence

        write_evidence(report, evidence, waivers=waivers)
    if report.waiver_problems:
        raise listed(str(waivers), report.waiver_problems)
    raise typer.Exit(1 if remarks or report.fails(fail_on.value) else 0)


def build_report(
    inventory: Inventory,
    *,
    config: Path | None,
    waivers: Path | None,
    time: datetime,
    remarks: Sequence[str] = (),
) -> Report:
    """Return the report on some resources.

    Args:
        inventory: The resources.
        config: The pack's settings; None takes the defaults.
        waivers: What is accepted.
        time: When it is, which waivers are compared with.
        remarks: What else is worth knowing.

    Raises:
        PolicyError: A file cannot be used.
    """
    from fairlead_policies.checks import run_checks
    from fairlead_policies.report.matrix import Report
    from fairlead_policies.settings import Settings, read_settings
    from fairlead_policies.versions import pack_version
    from fairlead_policies.waivers import apply_waivers, read_waivers

    settings = read_settings(config) if config is not None else Settings()
    accepted = read_waivers(waivers) if waivers is not None else ()
    waived = apply_waivers(run_checks(inventory, settings), accepted, time.date())
    return Report(
        inventory, settings, waived.findings, time, pack_version(), waived.problems, remarks
    )


def read_inputs(
    stack: str | None, file: Path | None, directory: Path | None, data: Path | None = None
) -> tuple[Inventory, list[str]]:
    """Return the resources, and what is wrong with them before any control is asked.

    Args:
        stack: The stack to rehearse, where there is no file.
        file: An export or a saved preview.
        directory: The Pulumi project; by default the one here or above.
        data: What data sources answer in a rehearsal.

    Raises:
        FairleadError: The file cannot be read, or the program does not run.
    """
    if file is not None:
        from fairlead_policies.inventory import read_inventory

        return read_inventory(file), []
    from fairlead_policies.commands.rehearsed import rehearsed_inventory

    assert stack is not None
    return rehearsed_inventory(stack, directory, data)


def project_settings(stack: str | None, directory: Path | None) -> Path | None:
    """Return the file of settings of a known name, if there is one.

    Args:
        stack: The stack whose project has it; None looks here only.
        directory: The Pulumi project; by default the one here or above.
    """
    folder = Path()
    if stack is not None:
        from fairlead_components.engine.projects import find_project

        folder = find_project(directory).directory
    return next(
        (one / PROJECT_SETTINGS for one in (folder, Path()) if (one / PROJECT_SETTINGS).is_file()),
        None,
    )


def report_time(given: datetime | None) -> datetime:
    """Return the time to report, in UTC.

    Args:
        given: What the user named; None takes SOURCE_DATE_EPOCH, or now.

    Raises:
        PolicyError: SOURCE_DATE_EPOCH is no number.
    """
    if given is not None:
        return given.replace(tzinfo=given.tzinfo or UTC).astimezone(UTC)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except ValueError:
        raise PolicyError("SOURCE_DATE_EPOCH must be a whole number of seconds.") from None


def _write(report: Report, form: Format, output: Path | None) -> None:
    if form is not Format.TEXT or output is not None:
        content = _render(report, form)
        if output is None:
            typer.echo(content, nl=False)
            return
        try:
            output.write_text(content, encoding="utf-8")
        except OSError as error:
            raise PolicyError(f"{output} cannot be written: {error.strerror}.") from error
    from fairlead_policies.report.terminal import lines

    typer.echo("\n".join(lines(report)))
    typer.echo(_permissions(report), nl=False)
    for remark in report.remarks:
        typer.echo(remark, err=True)


def _permissions(report: Report) -> str:
    """Return preflight's table; nothing for stacks that are none of Fairlead's."""
    from fairlead_policies.preflight.check import run
    from fairlead_policies.preflight.table import table

    result = run(report.inventory, report.settings)
    return "\n".join(["", *table(result), ""]) if result and result.identities else ""


#: What writes each form, imported only when it is asked for.
_WRITERS = {
    Format.TEXT: "terminal",
    Format.JSON: "json_report",
    Format.SARIF: "sarif",
    Format.JUNIT: "junit",
    Format.HTML: "page",
}


def _render(report: Report, form: Format) -> str:
    """Return a report in a form."""
    writer = importlib.import_module(f"fairlead_policies.report.{_WRITERS[form]}")
    content: str = writer.render(report)
    return content
