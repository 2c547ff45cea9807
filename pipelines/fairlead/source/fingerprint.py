"""Fingerprint a step's code: its own, and every definition of the project that it reaches.

Reach is static. From the step, each global name or ``module.attribute`` that is loaded leads to a
function, a class with its bases, a constant, in files below the project's root, and on from there.
A definition is hashed without comments, docstrings, formatting and position, so that edits that
change nothing, or something else in the same file, keep the digest. Where reading cannot tell (an
import under a computed name, ``import *`` of the project's own modules, a global that is changed
in place) the whole file counts. What is installed counts through the lock file; data that a step
reads from the project through ``@step(files=[…])``.

Not seen: a class that only a parameter's value names, and modules whose import registers something
in another one. Name such files in ``files`` as well.
"""

from __future__ import annotations

import glob
import hashlib
import inspect
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fairlead.errors import PipelineError
from fairlead.graph import Source
from fairlead.source.live import closure_definitions, live_definitions
from fairlead.source.reach import Reach

_PROJECTS: dict[str, Reach] = {}
_LOCK = threading.RLock()  # what is known of a project is shared by all threads
_DATA: dict[str, tuple[tuple[int, ...], str]] = {}


def fingerprint(function: Callable[..., Any], root: Path, files: Sequence[str] = ()) -> Source:
    """Fingerprint a step.

    Args:
        function: The step's function.
        root: The project's root.
        files: Data files that it reads: paths or patterns (``data/*.csv``) relative to the root,
            or folders.

    Returns:
        A digest for the cache key, and the digest of every definition and file behind it.

    Raises:
        PipelineError: A file is not there or lies outside the project.

    Example:
        >>> def double(x: int) -> int:
        ...     return 2 * x
        >>> fingerprint(double, Path.cwd()).digest.startswith("sha256:")
        True
    """
    function = inspect.unwrap(function)
    with _LOCK:
        return _fingerprint(function, _project(root), files)


def _fingerprint(function: Callable[..., Any], project: Reach, files: Sequence[str]) -> Source:
    code = getattr(function, "__code__", None)
    path = os.path.realpath(code.co_filename) if code is not None else ""
    name = function.__qualname__.partition(".")[0]
    definitions: dict[str, str] = {}
    if project.contains(path) and os.path.isfile(path):  # noqa: PTH113
        known = project.defines(path, name)
        definitions.update(project.of((path, name if known else "")).definitions)
        if function.__closure__:
            definitions.update(closure_definitions(function, project, project.relative(path)))
    else:
        definitions.update(live_definitions(function, project))
    for pattern in files:
        definitions.update(_data(project.root, pattern, function.__qualname__))
    return _source(definitions)


def _project(root: Path) -> Reach:
    real = os.path.realpath(root)
    if real not in _PROJECTS:
        _PROJECTS[real] = Reach(real)
    return _PROJECTS[real]


def _source(definitions: dict[str, str]) -> Source:
    ordered = sorted(definitions.items())
    digest = hashlib.sha256()
    for name, value in ordered:
        encoded = name.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b%b" % (len(encoded), encoded, value.encode()))
    return Source(
        digest=f"sha256:{digest.hexdigest()}",
        definitions={name: f"sha256:{value}" for name, value in ordered},
    )


def _data(root: str, pattern: str, step: str) -> dict[str, str]:
    where = f"step {step!r}: files=[{pattern!r}]"
    if os.path.isabs(pattern):  # noqa: PTH117
        raise PipelineError(f"{where}: give a path relative to the project's root, {root}")
    matches = glob.glob(pattern, root_dir=root, recursive=True, include_hidden=True)  # noqa: PTH207
    literal = os.path.join(root, pattern)  # noqa: PTH118
    if os.path.lexists(literal):
        matches = [pattern]
    found: dict[str, str] = {}
    for match in matches:
        full = os.path.join(root, match)  # noqa: PTH118
        if os.path.isdir(full):  # noqa: PTH112
            for folder, _, names in os.walk(full):
                found.update(_data_file(root, os.path.join(folder, name), where) for name in names)  # noqa: PTH118
        else:
            found.update([_data_file(root, full, where)])
    if not found:
        raise PipelineError(f"{where}: no such file below {root}; correct the path, or remove it")
    return found


def _data_file(root: str, path: str, where: str) -> tuple[str, str]:
    real = os.path.realpath(path)
    if not real.startswith(os.path.join(root, "")):  # noqa: PTH118
        raise PipelineError(f"{where}: {path} lies outside the project {root}; copy it into it")
    try:
        with open(real, "rb") as file:  # noqa: PTH123
            found = os.fstat(file.fileno())
            stamp = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
            known = _DATA.get(real)
            if known is None or known[0] != stamp:
                known = _DATA[real] = (stamp, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise PipelineError(f"{where}: {path} cannot be read: {error.strerror}") from error
    name = os.path.relpath(os.path.normpath(path), root)
    return name.replace(os.sep, "/"), known[1]
