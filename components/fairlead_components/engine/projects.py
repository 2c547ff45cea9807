"""Find the Pulumi project that a command means, and its stacks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead_components.engine.errors import ProjectNotFoundError

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True, slots=True)
class Project:
    """Describe a Pulumi project.

    Attributes:
        directory: The folder of ``Pulumi.yaml``.
        settings: The document in it.
    """

    directory: Path
    settings: dict[str, Any]

    @property
    def name(self) -> str:
        """The project's name, as Pulumi knows it."""
        return str(self.settings.get("name", self.directory.name))

    @property
    def backend_url(self) -> str | None:
        """Where its state lies, if ``Pulumi.yaml`` says so."""
        backend = self.settings.get("backend")
        return backend.get("url") if isinstance(backend, dict) else None

    def configured_stacks(self) -> list[str]:
        """Return the names of the stacks that have a configuration file here."""
        names = (path.name.split(".", 1)[1] for path in self.directory.glob("Pulumi.*.y*ml"))
        return sorted({name.rpartition(".")[0] for name in names})


def find_project(start: Path | None = None) -> Project:
    """Find the nearest project: here or above, each time ``Pulumi.yaml`` or ``stacks/Pulumi.yaml``.

    Args:
        start: Where to begin; by default the working directory.

    Raises:
        ProjectNotFoundError: There is none up to the root.
    """
    start = (start or Path.cwd()).absolute()
    for folder in (start, *start.parents):
        for directory in (folder, folder / "stacks"):
            for name in PROJECT_FILES:
                if (directory / name).is_file():
                    return _read(directory, name)
    raise ProjectNotFoundError(
        f"There is no Pulumi.yaml and no stacks/Pulumi.yaml in {start} or above it: go to your "
        "project's folder, or make one with `fairlead init`."
    )


def _read(directory: Path, name: str) -> Project:
    import yaml

    try:
        document = yaml.safe_load((directory / name).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectNotFoundError(f"{directory / name} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise ProjectNotFoundError(f"{directory / name} is not a mapping with a `name`.")
    return Project(directory, document)
