"""Run Pulumi's operations on a stack, with Pulumi's own output, and explain what it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from fairlead.errors import StackNotFoundError
from fairlead_components.engine.environment import engine_environment
from fairlead_components.engine.errors import PassphraseError, StackLockedError
from fairlead_components.engine.location import Engine, locate
from fairlead_components.engine.program_sdk import require_sdk
from fairlead_components.engine.projects import Project, find_project
from fairlead_components.engine.stack_locks import explain_locks, is_lock_message, parse_locks

INTERRUPTED = 130
#: As much of standard error as can matter for explaining a failure.
_KEPT_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class StackOperations:
    """Drive one stack of one project.

    Args:
        project: The Pulumi project.
        stack: The stack's name.
        engine: The Pulumi command line.
    """

    project: Project
    stack: str
    engine: Engine

    @classmethod
    def find(cls, stack: str, start: Path | None = None) -> StackOperations:
        """Find the project and the engine for a stack.

        Args:
            stack: The stack's name.
            start: Where to look for the project from; by default the working directory.

        Raises:
            ProjectNotFoundError: There is no project here or above.
            EngineNotFoundError: There is no engine.
        """
        return cls(find_project(start), stack, locate())

    def environment(self) -> dict[str, str]:
        """Return the whole environment for a process that drives this stack."""
        own = engine_environment(self.project.directory, self.stack, engine=self.engine)
        return dict(os.environ) | own

    def exists(self) -> bool:
        """Tell whether the backend has the stack."""
        done = self._quietly("stack", "ls", "--json")
        names = {entry["name"] for entry in json.loads(done.stdout)}
        return self.stack in names or self.stack.rpartition("/")[2] in names

    def ensure_exists(self) -> None:
        """Create the stack on first use; called by what runs its program.

        Raises:
            StackNotFoundError: Nothing configures a stack of this name, so it is likely mistyped.
            MissingExtraError: Its program could not run here.
        """
        require_sdk(self.project)
        if self.exists():
            return
        configured = self.project.configured_stacks()
        if self.stack.rpartition("/")[2] not in configured:
            raise self._unknown(configured)
        self._quietly("stack", "init", self.stack, "--no-select")

    def require_exists(self) -> None:
        """Refuse a stack that the backend does not have.

        Raises:
            StackNotFoundError: It was never created, or its name is mistyped.
        """
        if not self.exists():
            raise self._unknown(self.project.configured_stacks())

    def run(self, operation: str, *arguments: str) -> int:
        """Run an operation to its end with Pulumi's own terminal output.

        Args:
            operation: ``up``, ``preview``, ``refresh``, ``destroy`` or ``cancel``.
            arguments: Further arguments for Pulumi.

        Returns:
            Pulumi's exit status; 130 when the person interrupted it.

        Raises:
            StackNotFoundError: The backend has no such stack.
            StackLockedError: Another process, perhaps a dead one, has locked it.
            PassphraseError: The stack's secrets need a passphrase.
        """
        status, told = self._stream(operation, *arguments)
        if status < 0:
            raise StackLockedError(
                f"Pulumi was killed (signal {-status}) in the middle of `{operation}`. "
                f"Its lock may have stayed behind: `fairlead unlock {self.stack}` removes it, and "
                f"`fairlead refresh {self.stack}` compares the state with what really exists."
            )
        if status != 0:
            self._explain(told)
        return status

    def protected(self) -> list[str]:
        """List the names of the resources that the engine refuses to delete."""
        state = json.loads(self._quietly("stack", "export", "--stack", self.stack).stdout)
        resources = (state.get("deployment") or {}).get("resources", [])
        return [entry["urn"].rpartition("::")[2] for entry in resources if entry.get("protect")]

    def _command(self, *arguments: str) -> list[str]:
        return [str(self.engine.path), *arguments, "--cwd", str(self.project.directory)]

    def _stream(self, operation: str, *arguments: str) -> tuple[int, str]:
        command = self._command(operation, "--stack", self.stack, *arguments)
        process = subprocess.Popen(  # noqa: S603 - the engine, with the person's own arguments
            command,
            env=self.environment(),
            # Standard output stays the terminal, so that Pulumi draws its live display.
            stderr=subprocess.PIPE,
        )
        told = bytearray()
        copier = threading.Thread(target=_copy, args=(process, told), daemon=True)
        copier.start()
        with _interrupts_left_to(process) as interrupted:
            status = process.wait()
        copier.join()
        if interrupted:
            status = INTERRUPTED
        return status, told[-_KEPT_CHARACTERS:].decode(errors="replace")

    def _quietly(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(  # noqa: S603 - the engine, with our own arguments
            self._command(*arguments, "--non-interactive"),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            self._explain(done.stderr)
            doing = " ".join(arguments)
            raise StackNotFoundError(f"`pulumi {doing}` failed:\n{done.stderr.strip()}")
        return done

    def _explain(self, told: str) -> None:
        if is_lock_message(told):
            raise StackLockedError(explain_locks(self.stack, parse_locks(told)))
        if "incorrect passphrase" in told or "passphrase must be set" in told:
            raise PassphraseError(
                f"The secrets of the stack {self.stack!r} are encrypted with a passphrase other "
                "than the one given: set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE"
                " to a file that holds it."
            )
        if "no stack named" in told:
            raise self._unknown(self.project.configured_stacks())

    def _unknown(self, configured: list[str]) -> StackNotFoundError:
        known = ", ".join(configured) or "none"
        if self.stack.rpartition("/")[2] in configured:
            fix = f"Create it with `fairlead up {self.stack}`."
        else:
            fix = f"Configured are: {known}. A new one is a file Pulumi.{self.stack}.yaml there."
        return StackNotFoundError(
            f"There is no stack {self.stack!r} in {self.project.directory}. {fix}"
        )


def _copy(process: subprocess.Popen[bytes], told: bytearray) -> None:
    """Pass standard error on as it comes, and keep it."""
    assert process.stderr is not None
    for line in process.stderr:
        told.extend(line)
        sys.stderr.write(line.decode(errors="replace"))
        sys.stderr.flush()


@contextmanager
def _interrupts_left_to(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Let Pulumi end an operation in its own way when this process is interrupted.

    A terminal's Ctrl-C reaches Pulumi by itself, and a second one would make it stop at once, so
    an interruption is passed on only where there is no terminal.
    """
    received: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if number != signal.SIGINT or not sys.stdin.isatty():
            process.send_signal(signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    previous = {
        number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def options(*, yes: bool, non_interactive: bool, extra: Sequence[str] | None) -> list[str]:
    """Return Pulumi's arguments for the options that our commands share.

    Args:
        yes: Do it without asking.
        non_interactive: Neither ask nor draw a live display.
        extra: What the person wrote after ``--``.

    Example:
        >>> options(yes=True, non_interactive=False, extra=["--diff"])
        ['--yes', '--diff']
    """
    chosen = ["--yes"] if yes else []
    chosen += ["--non-interactive"] if non_interactive else []
    return chosen + list(extra or [])
