"""The user's project: where it begins, which dependencies it locks, who runs it from what code."""

from __future__ import annotations

import functools
import getpass
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.digests import digest_of
from fairlead.errors import ConfigError

if TYPE_CHECKING:
    from fairlead.store.records import Provenance

#: What pins dependencies, the most exact first.
LOCK_FILES = (
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pylock.toml",
    "Pipfile.lock",
    "conda-lock.yml",
    "requirements.lock",
    "requirements.txt",
    "constraints.txt",
)

_MARKERS = ("stacks/Pulumi.yaml", "Pulumi.yaml", "pyproject.toml", ".git")
# What continuous integration calls the person who started it.
_PERSON_VARIABLES = (
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "BUILD_REQUESTEDFOREMAIL",
    "BUILD_USER_ID",
)


@dataclass(frozen=True, slots=True)
class Project:
    """Name a project's folders.

    Attributes:
        root: Where its code begins: what a bundle holds, what a cache key looks at.
        stacks: The folder with its Pulumi.yaml; None if it has none.
    """

    root: Path
    stacks: Path | None


def find_project(start: Path) -> Project:
    """Find the project that a file or folder belongs to.

    The root is the nearest folder at or above it with ``stacks/Pulumi.yaml``, ``Pulumi.yaml``,
    ``pyproject.toml`` or ``.git``; a Pulumi project directly below such a folder is part of it.
    Without any, it is the folder itself.

    Args:
        start: A file or folder. A file in a folder that does not exist, such as Python makes up
            for a notebook's cell, stands for the current folder.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp()).resolve()
        >>> (root / "pyproject.toml").touch()
        >>> find_project(root / "train.py").root == root
        True
    """
    start = Path(os.path.realpath(start))
    folder = start if start.is_dir() else start.parent
    if not folder.is_dir():
        folder = Path(os.path.realpath("."))
    root = folder
    # A home folder that is a git repository of dotfiles is nobody's project.
    home = Path(os.path.realpath(os.path.expanduser("~")))  # noqa: PTH111
    for candidate in (folder, *folder.parents):
        if candidate in (home, Path(candidate.anchor)) and candidate != folder:
            break
        if any((candidate / marker).exists() for marker in _MARKERS):
            root = candidate
            parent_owns = candidate.name == "stacks" and (candidate / "Pulumi.yaml").exists()
            if parent_owns and candidate.parent != home:
                root = candidate.parent
            break
    return Project(root=root, stacks=_find_stacks(root))


def _find_stacks(root: Path) -> Path | None:
    for folder in _up_to_repository(root):
        for candidate in (folder / "stacks", folder):
            if (candidate / "Pulumi.yaml").exists():
                return candidate
    return None


def _up_to_repository(root: Path) -> Iterator[Path]:
    """Yield the root and, inside a repository, the folders above it that belong to it."""
    above = [root, *root.parents]
    top = next((n for n, folder in enumerate(above) if (folder / ".git").exists()), 0)
    yield from above[: top + 1]


def settings(root: Path) -> dict[str, Any]:
    """Return the table ``[tool.fairlead]`` of a project's pyproject.toml.

    Raises:
        ConfigError: The file is not valid TOML, or the table is no table.
    """
    path = root / "pyproject.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not valid TOML: {error}"]) from None
    table = content.get("tool", {}).get("fairlead", {})
    if not isinstance(table, dict):
        raise ConfigError(str(path), ["tool.fairlead: must be a table, [tool.fairlead]"])
    return table


def lock(root: Path) -> tuple[str | None, str]:
    """Return the lock file that pins a project's dependencies, and its digest.

    ``lock`` under ``[tool.fairlead]`` in pyproject.toml names it, else the first of `LOCK_FILES`
    at the root or, inside a repository, above it. A project without one is pinned by what is
    installed: names and versions of all distributions.

    Args:
        root: The project's root.

    Returns:
        The path relative to the root (None without a file) and ``sha256:…``.

    Raises:
        ConfigError: pyproject.toml names a file that is not there.
    """
    if (named := settings(root).get("lock")) is not None:
        path = root / str(named)
        if not path.is_file():
            raise ConfigError(
                str(root / "pyproject.toml"),
                [f"tool.fairlead.lock: {named} does not exist; correct the path, or remove it"],
            )
        return str(named), _file_digest(path)
    for folder in _up_to_repository(root):
        for name in LOCK_FILES:
            path = folder / name
            if path.is_file():
                return os.path.relpath(path, root), _file_digest(path)
    return None, _installed_digest(tuple(sys.path))


_lock = lock  # under a name that `provenance` does not need for its argument


def _file_digest(path: Path) -> str:
    # Line endings depend on how git checks text out, not on what is pinned.
    content = path.read_bytes().replace(b"\r\n", b"\n")
    return digest_of(content)


@functools.cache
def _installed_digest(search_path: tuple[str, ...]) -> str:
    # Folder names carry name and version: reading every METADATA would take a hundred times longer.
    found = set()
    for folder in search_path:
        try:
            entries = os.listdir(folder or ".")  # noqa: PTH208
        except OSError:
            continue
        for entry in entries:
            match = re.fullmatch(r"([^-]+)-([^-]+)(?:-.*)?\.(?:dist-info|egg-info)", entry)
            if match:
                found.add((re.sub(r"[-_.]+", "-", match[1]).lower(), match[2]))
    text = "\n".join(f"{name}=={number}" for name, number in sorted(found))
    return digest_of(text.encode())


def provenance(root: Path, lock: tuple[str | None, str] | None = None) -> Provenance:
    """Say who starts a run here, on which machine, from what code.

    Args:
        root: The project's root.
        lock: What `lock` returned, if it is at hand.
    """
    from fairlead.store.records import Provenance

    path, digest = lock if lock is not None else _lock(root)
    commit, dirty = _git_state(root)
    return Provenance(
        person=_person(),
        host=socket.gethostname(),
        git_commit=commit,
        git_dirty=dirty,
        command=_command(sys.argv),
        fairlead=_version(),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        lock_path=path,
        lock_digest=digest,
    )


def _person() -> str:
    for name in _PERSON_VARIABLES:
        if person := os.environ.get(name):
            return person
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"


@functools.cache
def _version() -> str:
    try:
        return version("fairlead")
    except PackageNotFoundError:
        return "unknown"


def _command(arguments: Sequence[str]) -> str:
    """Return the command line without values of parameters: they may be long, or private."""
    if not arguments:
        return ""
    program = os.path.basename(arguments[0])  # noqa: PTH119
    if program != "fairlead":  # a program of the user's: its arguments are not ours to publish
        return program
    shown = [program]
    hide = False
    for argument in arguments[1:]:
        option = re.fullmatch(r"(-p|--param(?:eter)?=)([^=]+)=.*", argument, re.DOTALL)
        if hide:
            shown.append(f"{argument.partition('=')[0]}=…")
        elif option:
            shown.append(f"{option[1]}{option[2]}=…")
        else:
            shown.append(argument)
        hide = argument in ("-p", "--param", "--parameter")
    return " ".join(shown)


def _git_state(root: Path) -> tuple[str | None, bool | None]:
    """Return commit and dirtiness in one call; nothing outside a repository or without git."""
    here = (".", ":(exclude).fairlead")  # which holds what runs leave behind
    status = run_git(root, "status", "--porcelain=v2", "--branch", "-z", "--", *here)
    if status is None:
        return None, None
    lines = [line for line in status.decode("utf-8", "replace").split("\0") if line]
    commit = None
    for line in lines:
        if line.startswith("# branch.oid ") and "(initial)" not in line:
            commit = line.removeprefix("# branch.oid ")
    return commit, any(not line.startswith("# ") for line in lines)


def run_git(root: Path, *arguments: str) -> bytes | None:
    """Return what a git command prints about a folder; None without git or outside a repository.

    Args:
        root: Where it runs.
        arguments: The command and its arguments.
    """
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # set inside git's own hooks
        environment.pop(name, None)
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", os.fspath(root), *arguments],  # noqa: S607
            capture_output=True,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def cache_folder(*parts: str) -> Path:
    """Return a folder for what can be made again: below FAIRLEAD_CACHE_DIR or the user's caches.

    Args:
        parts: Names below it.

    Example:
        >>> cache_folder("bundles").name
        'bundles'
    """
    if folder := os.environ.get("FAIRLEAD_CACHE_DIR"):
        return Path(folder, *parts)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("fairlead", appauthor=False), *parts)
