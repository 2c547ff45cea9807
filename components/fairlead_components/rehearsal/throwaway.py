"""A state that is thrown away: the project's own state and configuration are never touched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fairlead.errors import StackNotFoundError
from fairlead_components.engine.environment import engine_environment
from fairlead_components.engine.location import Engine, cache_root, locate
from fairlead_components.engine.projects import Project
from fairlead_components.rehearsal.errors import RehearsalError

#: What a program gets where its configuration holds a secret that only a key service can read.
PLACEHOLDER = "rehearsal"


@dataclass(frozen=True, slots=True)
class Throwaway:
    """Run Pulumi on a project with a state of its own.

    Args:
        project: The project.
        stack: The stack's name, without organization and project.
        engine: The Pulumi command line.
        folder: Where the state and the copy of the stack's configuration lie.
        variables: The environment.
        replaced: Settings whose secrets could not be read, and are placeholders.
    """

    project: Project
    stack: str
    engine: Engine
    folder: Path
    variables: Mapping[str, str]
    replaced: tuple[str, ...] = ()

    @property
    def settings(self) -> Path:
        """The copy of the stack's configuration."""
        return self.folder / "configuration" / f"Pulumi.{self.stack}.yaml"

    def run(self, *arguments: str, configured: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of Pulumi's commands on the stack to its end.

        Args:
            arguments: The command and its options.
            configured: Whether the command takes the stack's configuration.
        """
        command = [
            str(self.engine.path), *arguments, "--non-interactive", "--stack", self.stack,
            "--cwd", str(self.project.directory),
            *(["--config-file", str(self.settings)] if configured else []),
        ]  # fmt: skip
        return subprocess.run(  # noqa: S603 - the engine, with our own arguments
            command, env=dict(self.variables), capture_output=True, text=True, check=False
        )


@contextmanager
def throwaway(project: Project, stack: str, attachment: str) -> Iterator[Throwaway]:
    """Make an empty state for a stack, with a copy of its configuration; remove both at the end.

    Args:
        project: The project.
        stack: The stack's name.
        attachment: The value of ``PULUMI_DEBUG_PROVIDERS``.

    Raises:
        StackNotFoundError: The project has no configuration for the stack.
        EngineNotFoundError: There is no engine.
        RehearsalError: The engine does not make a state.
    """
    name = stack.rpartition("/")[2]
    given = _read(_configuration(project, name))
    engine = locate()
    with TemporaryDirectory(prefix="fairlead-rehearsal-") as temporary:
        folder = Path(temporary)
        (folder / "state").mkdir()
        own = engine_environment(project.directory, name, engine=engine)
        variables = {
            **os.environ,
            **own,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_DEBUG_PROVIDERS": attachment,
            "PULUMI_DEBUG_COMMANDS": "true",  # has --event-log
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        # What Python compiles of the program is kept here and not beside it.
        variables.setdefault("PYTHONPYCACHEPREFIX", str(cache_root() / "rehearsal" / "compiled"))
        if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & variables.keys():
            variables["PULUMI_CONFIG_PASSPHRASE"] = ""
        salt = _make_stack(project, name, engine, folder, variables)
        document, replaced = _readable(given, salt)
        made = Throwaway(project, name, engine, folder, variables, tuple(replaced))
        made.settings.parent.mkdir()
        _write(made.settings, document)
        yield made


def program_packages(project: Project) -> list[Path]:
    """Return the folders of the packages that a project's program imports.

    Args:
        project: The project; its ``runtime.options.virtualenv`` counts, else a ``.venv`` beside it
            if its toolchain makes one, and then this process's own environment.
    """
    runtime = project.settings.get("runtime")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    options = options if isinstance(options, dict) else {}
    named = options.get("virtualenv") or (".venv" if options.get("toolchain") else None)
    folders: list[Path] = []
    if named:
        environment = project.directory / str(named)
        folders += sorted(environment.glob("lib*/python*/site-packages"))
        folders += sorted(environment.glob("Lib/site-packages"))
    if not folders:
        folders = [Path(entry) for entry in sys.path if entry and Path(entry).is_dir()]
    return folders


def require_python(project: Project) -> None:
    """Refuse programs of languages that rehearsals were never tried with.

    Raises:
        RehearsalError: The project's program is not Python, or is not there.
    """
    runtime = project.settings.get("runtime")
    name = runtime.get("name") if isinstance(runtime, dict) else runtime
    if name != "python":
        raise RehearsalError(
            f"{project.directory} is a Pulumi program of the runtime {str(name)!r}. Rehearsals "
            "know Python programs: what resource types there are is read from their installed SDKs."
        )
    program = project.directory / str(project.settings.get("main") or "")
    if not program.is_file() and not (program / "__main__.py").is_file():
        raise RehearsalError(f"There is no program in {program}: Pulumi runs its __main__.py.")


def _configuration(project: Project, stack: str) -> Path:
    folder = project.directory
    elsewhere = project.settings.get("stackConfigDir") or project.settings.get("config")
    if isinstance(elsewhere, str):
        folder = folder / elsewhere
    for ending in ("yaml", "yml"):
        path = folder / f"Pulumi.{stack}.{ending}"
        if path.is_file():
            return path
    known = ", ".join(project.configured_stacks()) or "none"
    raise StackNotFoundError(
        f"There is no configuration for the stack {stack!r} in {folder}: a rehearsal needs a file "
        f"Pulumi.{stack}.yaml there (it may be empty). Configured are: {known}."
    )


def _make_stack(
    project: Project, stack: str, engine: Engine, folder: Path, variables: Mapping[str, str]
) -> str:
    """Make the stack from a project of the same name elsewhere, and return its salt.

    ``pulumi stack init`` writes into the project that it runs in.
    """
    elsewhere = folder / "project"
    elsewhere.mkdir()
    _write(elsewhere / "Pulumi.yaml", {"name": project.name, "runtime": "python"})
    done = subprocess.run(  # noqa: S603 - the engine, with our own arguments
        [str(engine.path), "stack", "init", stack, "--no-select", "--non-interactive", "--cwd",
         str(elsewhere)],
        env=dict(variables), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RehearsalError(f"Pulumi makes no throw-away state: {done.stderr.strip()}")
    settings = elsewhere / f"Pulumi.{stack}.yaml"
    return str(_read(settings).get("encryptionsalt", ""))


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        at = f", at line {mark.line + 1}" if mark is not None else ""
        raise RehearsalError(f"{path} is not valid YAML{at}.") from error
    if not isinstance(document, dict):
        raise RehearsalError(f"{path} is not a mapping with `config`.")
    return document


def _write(path: Path, document: Mapping[str, Any]) -> None:
    import yaml

    path.write_text(yaml.safe_dump(dict(document), sort_keys=False), encoding="utf-8")


def _readable(document: dict[str, Any], salt: str) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration that opens without a key service, and the settings it changed."""
    provider = document.get("secretsprovider")
    if document.get("encryptionsalt") and provider in (None, "", "passphrase", "default"):
        return document, []
    kept = {k: v for k, v in document.items() if k not in {"secretsprovider", "encryptedkey"}}
    replaced: list[str] = []
    kept["config"] = {
        key: _opened(value, key, replaced) for key, value in (kept.get("config") or {}).items()
    }
    return {**kept, **({"encryptionsalt": salt} if salt else {})}, replaced


def _opened(value: Any, at: str, replaced: list[str]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"secure"}:
            replaced.append(at)
            return PLACEHOLDER
        return {key: _opened(item, f"{at}.{key}", replaced) for key, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, f"{at}[{number}]", replaced) for number, item in enumerate(value)]
    return value
