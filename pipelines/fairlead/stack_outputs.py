"""Find out what Pulumi knows of a project's stacks: which exist, and the manifest each exports.

Only the ``pulumi`` executable is used, never its Python package, so that a machine which runs
pipelines and does not provision needs neither.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.errors import BackendError, EngineNotFoundError, ManifestError, StackNotFoundError
from fairlead.spelling import did_you_mean

#: The one output of every stack.
OUTPUT = "fairlead"

#: Seconds after which an engine that does not answer (a login, a network) is given up.
_PATIENCE = 120

_CONFIG = re.compile(r"Pulumi\.(.+)\.ya?ml")


def engine() -> Path:
    """Return the ``pulumi`` executable.

    Whoever provisions says where it is (entry point group ``fairlead.engine``, name ``locate``:
    a function whose result has a ``path``), so that reading and provisioning use the same one;
    without that package, it is ``FAIRLEAD_ENGINE`` or the one on PATH.

    Raises:
        EngineNotFoundError: There is none.

    Example:
        >>> engine().name  # doctest: +SKIP
        'pulumi'
    """
    from importlib.metadata import entry_points

    try:
        for point in entry_points(group="fairlead.engine", name="locate"):
            return Path(point.load()().path)
    except EngineNotFoundError as error:
        raise EngineNotFoundError(
            f"The stack's outputs cannot be read: {error} Or bind without the engine: "
            "`--manifest FILE`, or `FAIRLEAD_STORE=URL` to read the copy that the stack publishes "
            "in its artifact store."
        ) from None
    if found := os.environ.get("FAIRLEAD_ENGINE") or shutil.which("pulumi"):
        return Path(found)
    raise EngineNotFoundError(
        "The stack's outputs cannot be read: the Pulumi command line is not on PATH. Install it "
        "(https://www.pulumi.com/docs/install/), or bind without it: `--manifest FILE`, or "
        "`FAIRLEAD_STORE=URL` to read the copy that the stack publishes in its artifact store."
    )


@dataclass(frozen=True, slots=True)
class StackOutputs:
    """Read the stacks of one Pulumi project.

    Attributes:
        folder: The folder that holds ``Pulumi.yaml``.

    Example:
        >>> StackOutputs(Path("stacks")).configured()  # doctest: +SKIP
        ['aws', 'local']
    """

    folder: Path

    @property
    def project_file(self) -> Path:
        """Return where ``Pulumi.yaml`` lies."""
        return self.folder / "Pulumi.yaml"

    def configured(self) -> list[str]:
        """List the stacks that have a config file, sorted."""
        try:
            names = [entry.name for entry in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(match[1] for name in names if (match := _CONFIG.fullmatch(name)))

    def state_file(self, stack: str) -> Path | None:
        """Return where the file backend keeps a stack's state; None with any other backend.

        The file need not exist.

        Args:
            stack: The stack's name.

        Raises:
            ManifestError: ``Pulumi.yaml`` is not readable.
        """
        folder = self._state_folder()
        if folder is None:
            return None
        name = stack.rpartition("/")[2]
        compressed = folder / f"{name}.json.gz"
        return compressed if compressed.exists() else folder / f"{name}.json"

    def provisioned(self) -> list[str]:
        """List the stacks that the backend knows, sorted; they may be without resources.

        Raises:
            EngineNotFoundError: The backend is not a folder, and there is no engine to ask.
            BackendError: The engine failed.
        """
        folder = self._state_folder()
        if folder is None:
            found = json.loads(self._run("stack", "ls", "--json"))
            return sorted(str(item["name"]) for item in found)
        try:
            names = [entry.name for entry in folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted({m[1] for name in names if (m := re.fullmatch(r"(.+)\.json(\.gz)?", name))})

    def manifest(self, stack: str) -> Any:
        """Return the manifest that a stack exports, as JSON data that nothing has validated yet.

        Args:
            stack: The stack's name.

        Raises:
            StackNotFoundError: It does not exist, or nothing has provisioned it.
            EngineNotFoundError: There is no engine on this machine.
            BackendError: The engine failed.
            ManifestError: The output is a secret.
        """
        state = self.state_file(stack)
        if state is not None and not state.exists():
            raise self.missing(stack, self.provisioned())
        try:
            text = self._run("stack", "output", OUTPUT, "--json", "--stack", stack)
        except BackendError as error:
            if "no stack named" in str(error):
                raise self.missing(stack, self.provisioned()) from None
            if "does not have output property" in str(error):
                raise self.missing(stack, [stack]) from None
            raise
        document = json.loads(text)
        if document == "[secret]":
            raise ManifestError(
                f"The stack {stack!r} exports {OUTPUT!r} as a secret. A manifest carries "
                "references only: find the component that puts a secret's value into its contract."
            )
        return document

    def missing(self, stack: str, provisioned: list[str]) -> StackNotFoundError:
        """Return the error that says why there is no manifest, and what to do.

        Args:
            stack: The stack that was asked for.
            provisioned: The stacks that the backend knows.
        """
        configured = self.configured()
        if stack in configured or stack in provisioned:
            return StackNotFoundError(
                f"The stack {stack!r} is configured but not provisioned: run `fairlead up {stack}`."
            )
        return unknown_stack(stack, sorted({*configured, *provisioned}), str(self.folder))

    def _state_folder(self) -> Path | None:
        import yaml

        try:
            project = yaml.safe_load(self.project_file.read_text())
            name = str(project["name"])
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ManifestError(
                f"{self.project_file}: not a readable Pulumi project ({type(error).__name__}: "
                f"{error}). It needs at least `name` and `runtime`."
            ) from None
        backend = project.get("backend") or {}
        # The engine's own precedence: the environment, the project, the last `pulumi login`.
        url = os.environ.get("PULUMI_BACKEND_URL") or str(backend.get("url") or "")
        if not url.startswith("file://"):
            return None
        path = Path(url.removeprefix("file://").partition("?")[0]).expanduser()
        return self.folder / path / ".pulumi" / "stacks" / name

    def _run(self, *arguments: str) -> str:
        import subprocess

        environment = dict(os.environ)
        if "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment:
            environment.setdefault("PULUMI_CONFIG_PASSPHRASE", "")
        environment["PULUMI_SKIP_UPDATE_CHECK"] = "true"
        command = [str(engine()), *arguments, "--non-interactive", "--cwd", str(self.folder)]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command; the stack's name is one word
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BackendError(
                f"`pulumi {' '.join(arguments)}` did not answer within {_PATIENCE} s: check the "
                f"backend that {self.project_file} names and your login to it."
            ) from None
        if done.returncode != 0:
            reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise BackendError(
                f"`pulumi {' '.join(arguments)}` failed in {self.folder}: "
                f"{reason.removeprefix('error: ')}"
            )
        return done.stdout


def unknown_stack(stack: str, known: list[str], where: str) -> StackNotFoundError:
    """Return the error for a stack that nobody knows, with the nearest name.

    Args:
        stack: The stack that was asked for.
        known: The stacks that exist.
        where: What was searched, for the error.

    Example:
        >>> str(unknown_stack("locale", ["aws", "local"], "stacks"))
        "There is no stack 'locale' in stacks; did you mean 'local'? Stacks: aws, local."
    """
    hint = did_you_mean(stack, known) or "."
    listing = f"Stacks: {', '.join(known)}."
    if not known:
        listing = f"There are none yet: write Pulumi.{stack}.yaml and run `fairlead up {stack}`."
    return StackNotFoundError(f"There is no stack {stack!r} in {where}{hint} {listing}")
