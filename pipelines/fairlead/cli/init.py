"""``fairlead init NAME``: start a project that provisions, runs and has a test."""

from __future__ import annotations

import keyword
import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from fairlead.errors import ConfigError, ProjectExistsError

app = typer.Typer()

#: What Pulumi, Python packages and cloud resources all accept.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")
_SUFFIX = ".jinja"


@app.command()
def init(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The project's name and folder.")],
) -> None:
    """Start a project in a new folder.

    It has a Pulumi project with a local stack, a pipeline, a test, a CI workflow and prepared
    configurations for clouds. Nothing that exists is overwritten.
    """
    folder = Path(name)
    written = write_project(folder, check_name(folder.name))
    typer.echo(f"created {folder}/ with {len(written)} files")
    typer.echo("next:")
    typer.echo(f"  cd {shlex.quote(str(folder))} && fairlead up local")
    typer.echo("  fairlead run pipelines/train.py -s local")
    typer.echo("  fairlead runs show latest")


def check_name(name: str) -> str:
    """Return a project's name if everything that is named after it accepts it.

    Args:
        name: 2 to 40 lower-case letters, digits and hyphens; begins with a letter.

    Raises:
        ConfigError: It is something else, or would shadow a module of everyone's.

    Example:
        >>> check_name("churn-model")
        'churn-model'
    """
    problem = None
    if not _NAME.fullmatch(name) or "--" in name:
        problem = (
            "a name has 2 to 40 lower-case letters, digits and single hyphens, and begins with a "
            "letter"
        )
        close = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:40].strip("-")
        if _NAME.fullmatch(close):
            problem += f"; try `fairlead init {close}`"
    elif keyword.iskeyword(name) or name in {"fairlead", "pulumi", "test", "tests"}:
        problem = f"{name} is taken by a package that the project uses: choose another"
    if problem is not None:
        raise ConfigError(f"project name {name!r}", [problem])
    return name


def write_project(folder: Path, name: str) -> list[Path]:
    """Write a new project.

    Args:
        folder: Where; it may exist if it is empty.
        name: The project's name.

    Returns:
        The files, relative to the folder.

    Raises:
        ProjectExistsError: Something is there already, or nothing can be written there.
    """
    import jinja2

    from fairlead import __version__

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectExistsError(
            f"{folder} exists and is not an empty folder; nothing was written. Choose another "
            "name, or go there to go on with what it holds."
        )
    environment = jinja2.Environment(
        variable_start_string="[[",
        variable_end_string="]]",
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Python, YAML and Markdown, not HTML; the name is checked
    )
    written = []
    try:
        for source, template in _templates(files("fairlead") / "templates" / "project"):
            target = folder / source
            text = environment.from_string(template.read_text("utf-8"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.render(name=name, version=__version__), "utf-8")
            written.append(Path(source))
    except OSError as error:
        raise ProjectExistsError(
            f"{folder} cannot be written: {error.strerror}. Make room there, or go to a folder "
            "that is yours."
        ) from None
    return written


def _templates(
    folder: Traversable, below: PurePosixPath | None = None
) -> Iterator[tuple[PurePosixPath, Traversable]]:
    """Yield the templates with the paths of the files that they become, sorted."""
    below = below or PurePosixPath()
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        # Files that begin with a dot would act on the folder of the templates itself.
        name = re.sub("^dot_", ".", entry.name)
        if entry.is_dir():
            yield from _templates(entry, below / name)
        elif name.endswith(_SUFFIX):
            yield below / name.removesuffix(_SUFFIX), entry
