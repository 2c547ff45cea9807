"""The ``fairlead`` command: lists every command, imports the called one, reports errors once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fairlead.cli import catalog
from fairlead.errors import FairleadError

INTERRUPTED = 130


def build(target: Any, name: str) -> Any:
    """Return the click command of whatever an entry point gives.

    Args:
        target: A ``typer.Typer``, a click command or a plain function with annotations.
        name: What it is called as.
    """
    if not isinstance(target, typer.Typer):
        if hasattr(target, "make_context"):
            return target
        function, target = target, typer.Typer(add_completion=False)
        target.command(name)(function)
    target._add_completion = False  # noqa: SLF001 - only the root has --install-completion
    # Help in rich's boxes costs 170 ms of imports (Markdown, syntax highlighting, tracebacks).
    target.rich_markup_mode = None
    command = typer.main.get_command(target)
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """List commands from the catalog; import one only when it is called."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every command's name, in the catalog's order."""
        del ctx
        return list(catalog.everything())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command: its help line while listing, else the command itself."""
        del ctx
        entry = catalog.find(cmd_name)
        if entry is None:
            return None
        if self._listing:
            return typer.core.TyperCommand(cmd_name, help=entry.help, callback=None)
        return build(catalog.load(cmd_name, entry), cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is meant; a name that none has is told with what is close."""
        if args and catalog.find(args[0]) is None:
            self._listing = True
            self.commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help without importing any command."""
        self._listing = True
        super().format_help(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands under the catalog's headings."""
        del ctx
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, entry in catalog.everything().items():
            panels.setdefault(entry.panel, []).append((name, entry.help))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Complete a command's name without importing any command."""
        self._listing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._listing = False


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"fairlead {version('fairlead')}")
        raise typer.Exit


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (or FAIRLEAD_DEBUG=1).")
    ] = False,
) -> None:
    """Lead one ML pipeline to whatever infrastructure you own.

    Provision a stack with `fairlead up`, run a pipeline on it with `fairlead run`, and read back
    what ran with `fairlead runs` and `fairlead artifacts`.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    Args:
        arguments: The words after ``fairlead``; by default the process's own.

    Raises:
        SystemExit: Always: 0, 1 for work that failed, 2 for a mistake in what was asked, 130 when
            interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = _take_debug(words)
    command = typer.main.get_command(app)
    if threading.current_thread() is threading.main_thread():
        # Whoever stops a job (a CI service, systemd) gets the same orderly end as Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        command.main(args=words, prog_name="fairlead", standalone_mode=True)
        status: Any = 0
    except SystemExit as ended:
        status = ended.code
    except FairleadError as error:
        if debug:
            raise
        report(error)
        status = error.exit_code
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = 1
    _flush()
    raise SystemExit(status)


def _take_debug(words: list[str]) -> bool:
    end = words.index("--") if "--" in words else len(words)
    if "--debug" in words[:end]:
        words.remove("--debug")
        return True
    return os.environ.get("FAIRLEAD_DEBUG", "") not in ("", "0")


def report(error: FairleadError) -> None:
    """Print what went wrong as one paragraph on standard error."""
    label = "error:"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        label = "\033[1;31merror:\033[0m"
    print(f"{label} {error}", file=sys.stderr)  # noqa: T201 - the command line's own output


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone: whatever the interpreter still flushes at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
