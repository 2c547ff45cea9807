"""Which files of a project travel in its bundle.

Those that git tracks or does not ignore; without git, those that no .gitignore excludes. Never
what holds secrets, state or an environment, whatever git thinks of it.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import ConfigError
from fairlead.project import run_git, settings

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: Never in a bundle, as shell patterns of a name anywhere in a path, in upper or lower case; those
#: with a slash are folders. ``bundle.include`` cannot bring them back.
NEVER = (
    # version control and Pulumi's state and configuration (Pulumi.yaml itself is code)
    ".git", ".hg", ".svn", ".state/", ".pulumi/", "Pulumi.*.yaml", "Pulumi.*.yml", "Pulumi.*.json",
    "*.tfstate", "*.tfstate.*",
    # secrets and keys
    ".env", ".env.*", ".env[-_]*", ".envrc", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks",
    "*.keystore", "*.kdbx", "*.ppk", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*",
    "credentials", "credentials.json", "credentials.y*ml", "credentials.toml", "credentials.ini",
    "credentials.csv", "credentials.txt", "credentials.xml", "credentials.db",
    ".git-credentials", ".netrc", ".pgpass", ".pypirc", ".npmrc", ".htpasswd",
    "kubeconfig", "*.kubeconfig", "service[-_]account*.json",
    "application_default_credentials.json", "client_secret*.json", "secrets.json", "secrets.toml",
    "secrets.yaml", "secrets.yml", ".secrets/", ".aws/", ".azure/", ".gcloud/", ".kube/", ".ssh/",
    ".gnupg/", ".docker/",
    # environments and what tools, this one included, make again
    ".fairlead/",
    ".venv/", "venv/", "virtualenv/", "node_modules/", "site-packages/", "__pycache__/", "*.py[co]",
    ".tox/", ".nox/", ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".hypothesis/",
    ".ipynb_checkpoints/", ".DS_Store",
)  # fmt: skip

_NEVER = re.compile(
    "|".join(fnmatch.translate(name) for name in NEVER if not name.endswith("/")), re.IGNORECASE
)
_NEVER_FOLDER = re.compile(
    "|".join(fnmatch.translate(name.rstrip("/")) for name in NEVER), re.IGNORECASE
)
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


def bundle_files(root: Path) -> list[str]:
    """List the files of a project's bundle.

    ``bundle.exclude`` and ``bundle.include`` under ``[tool.fairlead]`` in pyproject.toml, lists of
    patterns in .gitignore's notation, take files out and bring ignored ones in; exclude wins.

    Args:
        root: The project's root.

    Returns:
        Paths relative to the root with ``/``, sorted; files and symbolic links.

    Raises:
        ConfigError: The patterns are no lists of text.
    """
    exclude, include = _patterns(root, "exclude"), _patterns(root, "include")
    listed = _listed_by_git(root, "")
    # Nothing at all: the project lies in a folder that a repository around it ignores.
    found = set(listed or _walk(root, honour_ignores=True))
    if include:
        wanted = _spec(include)
        found |= {path for path in _walk(root, honour_ignores=False) if wanted.match_file(path)}
    unwanted = _spec(exclude)
    allowed = _Allowed(_environments(root, found))
    return sorted(
        path for path in found if allowed(path) and not (exclude and unwanted.match_file(path))
    )


class _Allowed:
    """Say of a path that neither it nor a folder above it is one of `NEVER` or an environment."""

    def __init__(self, environments: Iterable[str] = ()) -> None:
        self._folders = {"": True, **dict.fromkeys(environments, False)}

    def __call__(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return self.folder(folder) and _NEVER.match(name) is None

    def folder(self, path: str) -> bool:
        known = self._folders.get(path)
        if known is None:
            above, _, name = path.rpartition("/")
            known = self.folder(above) and _NEVER_FOLDER.match(name) is None
            self._folders[path] = known
        return known


def _patterns(root: Path, name: str) -> list[str]:
    table = settings(root).get("bundle", {})
    patterns = table.get(name, []) if isinstance(table, dict) else None
    if not isinstance(patterns, list) or not all(isinstance(text, str) for text in patterns):
        raise ConfigError(
            str(root / "pyproject.toml"),
            [f'tool.fairlead.bundle.{name}: must be a list of patterns such as ["data/raw/"]'],
        )
    return patterns


def _spec(patterns: Any) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def _listed_by_git(root: Path, prefix: str) -> list[str] | None:
    """Return what git tracks or does not ignore, submodules and nested repositories included."""
    output = run_git(root, "ls-files", "-co", "--exclude-standard", "-z")
    if output is None:
        return None
    paths: list[str] = []
    for name in os.fsdecode(output).split("\0"):
        if not name:
            continue
        path = os.path.join(root, name)  # noqa: PTH118, thousands of them
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
            folder = name.rstrip("/")
            inner = _listed_by_git(Path(path), f"{prefix}{folder}/")
            paths += inner or []
        elif os.path.lexists(path):  # what is deleted but still in the index is not
            paths.append(prefix + name)
    return paths


def _walk(root: Path, *, honour_ignores: bool) -> Iterator[str]:
    """Yield the files below a folder that no .gitignore on the way excludes."""
    allowed = _Allowed()

    def visit(folder: str, prefix: str, ignores: list[tuple[str, GitIgnoreSpec]]) -> Iterator[str]:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        names = {entry.name for entry in entries}
        if prefix and not names.isdisjoint(_ENVIRONMENT_MARKS):
            return
        if honour_ignores and ".gitignore" in names:
            text = Path(folder, ".gitignore").read_text("utf-8", "replace")
            ignores = [*ignores, (prefix, _spec(text.splitlines()))]
        for entry in entries:
            path = prefix + entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            shown = f"{path}/" if is_folder else path
            if not (allowed.folder(path) if is_folder else allowed(path)):
                continue
            if _ignored(shown, ignores):
                continue
            if is_folder:
                yield from visit(entry.path, f"{path}/", ignores)
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                yield path

    yield from visit(os.fspath(root), "", [])


def _ignored(path: str, ignores: list[tuple[str, GitIgnoreSpec]]) -> bool:
    for prefix, spec in reversed(ignores):  # the deepest that has an opinion decides
        verdict = spec.check_file(path.removeprefix(prefix)).include
        if verdict is not None:
            return verdict
    return False


def _environments(root: Path, paths: set[str]) -> set[str]:
    """Return the folders, under any name, that hold a Python environment."""
    folders = {path.rpartition("/")[0] for path in paths if path.endswith("/pyvenv.cfg")}
    folders |= {path.partition("/conda-meta/")[0] for path in paths if "/conda-meta/" in path}
    for folder in {path.partition("/")[0] for path in paths if "/" in path}:
        if any((root / folder / mark).exists() for mark in _ENVIRONMENT_MARKS):
            folders.add(folder)
    return folders - {""}
