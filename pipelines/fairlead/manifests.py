"""Find a stack's manifest: in a file, in the store that it publishes to, or from Pulumi.

What Pulumi answered is kept beside the project, so that binding to a stack which has not changed
starts no process.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairlead.contracts.manifest import StackManifest
from fairlead.errors import ManifestError, ObjectNotFoundError, StackNotFoundError
from fairlead.stack_outputs import StackOutputs, unknown_stack

_log = logging.getLogger(__name__)

#: Seconds for which a kept copy counts where no state file tells whether the stack changed.
FRESH_FOR = 600

#: Where a stack publishes its manifest, below the root of its artifact store.
CURRENT = "manifests/current"


def default_stack(known: list[str], where: str) -> str:
    """Return the stack that is meant where none is named: the only one, else ``local``.

    Args:
        known: The stacks that exist.
        where: Where, for the error.

    Raises:
        StackNotFoundError: There is none, or several and none is ``local``.

    Example:
        >>> default_stack(["aws", "local"], "stacks")
        'local'
    """
    if len(known) == 1:
        return known[0]
    if "local" in known:
        return "local"
    if not known:
        raise StackNotFoundError(
            f"There is no stack in {where} yet: write Pulumi.local.yaml and run "
            "`fairlead up local`."
        )
    raise StackNotFoundError(
        f"Say which stack, with `--stack` or FAIRLEAD_STACK. Stacks in {where}: {', '.join(known)}."
    )


def current_manifest(
    root: Path, outputs: StackOutputs, name: str, *, refresh: bool = False
) -> StackManifest:
    """Return what a stack of a project exports.

    Args:
        root: The project's folder; the copy is kept in its ``.fairlead/manifests``.
        outputs: The project's stacks.
        name: The stack's name.
        refresh: Ask Pulumi even if the copy still counts.

    Raises:
        StackNotFoundError: It does not exist, or nothing has provisioned it.
        ManifestError: What it exports is malformed or too new.
        EngineNotFoundError: There is no fresh copy, and no engine to ask.
    """
    kept = root / ".fairlead" / "manifests" / f"{name.replace('/', '~')}.json"
    if not refresh and (document := _kept(kept, outputs)) is not None:
        try:
            return _validate(document, f"The manifest {kept}")
        except ManifestError:
            pass  # only a copy: Pulumi says whether the manifest itself is bad
    # Looked at before Pulumi is asked: a change in between makes the copy stale, never wrong.
    state = outputs.state_file(name)
    seen = _origin(outputs, state)
    document = outputs.manifest(name)
    manifest = _validate(document, f"The manifest of the stack {name!r}")
    _keep(kept, {"origin": seen, "read": time.time(), "manifest": document})
    return manifest


def _kept(path: Path, outputs: StackOutputs) -> Any | None:
    """Return the copy kept beside the project if it still counts."""
    try:
        kept = json.loads(path.read_bytes())
        origin = kept["origin"]
        state = outputs.folder / origin["state"] if origin["state"] else None
        if origin != _origin(outputs, state):
            return None
        if state is None and not 0 <= time.time() - kept["read"] < FRESH_FOR:
            return None
        return kept["manifest"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a copy that cannot be read is none: Pulumi is asked, which says what is wrong


def _origin(outputs: StackOutputs, state: Path | None) -> dict[str, Any]:
    """Return all that decides what Pulumi would answer, as far as this machine can see."""
    return {
        "project": _stamp(outputs.project_file),
        "backend": os.environ.get("PULUMI_BACKEND_URL"),
        # Relative, so that a copy of the project does not bind to the original's stacks.
        "state": os.path.relpath(state, outputs.folder) if state else None,
        "stamp": _stamp(state) if state else None,
    }


def _stamp(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _keep(path: Path, content: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parents[1] / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
            json.dump(content, file)
        Path(file.name).replace(path)
    except OSError as error:
        _log.warning(
            "the manifest is not kept in %s (%s): each run asks Pulumi", path.parent, error
        )


def published_manifest(url: str, name: str | None = None) -> StackManifest:
    """Return the newest manifest that a stack published in an artifact store.

    Args:
        url: The store's URL.
        name: The stack's name; None takes the only one, else ``local``.

    Raises:
        StackNotFoundError: No stack of that name publishes there.
        ManifestError: The manifest is malformed or too new.
        StoreError: The store cannot be read.
    """
    from fairlead.store.objects import open_objects

    objects = open_objects(url)
    newest: dict[str, tuple[int, str]] = {}
    for item in objects.list(CURRENT, recursive=False):
        number, _, rest = item.path.rpartition("/")[2].partition("-")
        if number.isdecimal() and rest.endswith(".json"):
            stack = rest.removesuffix(".json")
            newest[stack] = max(newest.get(stack, (-1, "")), (int(number), item.path))
    where = f"the store {objects.url}"
    name = name or default_stack(sorted(newest), where)
    if name not in newest:
        raise unknown_stack(name, sorted(newest), where)
    path = newest[name][1]
    return _parse(objects.get(path), f"The manifest {objects.url}/{path}")


def read_manifest(source: str) -> StackManifest:
    """Read a manifest from a path or a URI.

    Args:
        source: ``stack.json``, ``s3://bucket/manifests/….json``.

    Raises:
        ManifestError: There is none, or it is malformed, edited or too new.
        StoreError: The store that the URI names cannot be read.
    """
    if "://" in source:
        from fairlead.store.objects import open_objects

        folder, _, name = source.rpartition("/")
        try:
            content = open_objects(folder).get(name)
        except ObjectNotFoundError:
            raise ManifestError(f"There is no manifest at {source}: correct the URI.") from None
    else:
        try:
            content = Path(source).expanduser().read_bytes()
        except OSError as error:
            raise ManifestError(
                f"The manifest {source} cannot be read: {error.strerror or error}."
            ) from None
    return _parse(content, f"The manifest {source}")


def _parse(content: bytes, source: str) -> StackManifest:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise ManifestError(f"{source} is not JSON: {error}.") from None
    return _validate(document, source)


def _validate(document: Any, source: str) -> StackManifest:
    try:
        return StackManifest.model_validate(document)
    except ValidationError as error:
        raise ManifestError(malformed(source, error)) from None


def malformed(source: str, error: ValidationError, prefix: str = "") -> str:
    """Return one paragraph that says where a document is wrong, without its values.

    Args:
        source: The document, as the beginning of a sentence.
        error: What validation found.
        prefix: The path at which the validated part lies in the document.
    """
    problems = []
    for problem in error.errors(include_input=False, include_url=False):
        place = ".".join(part for part in (prefix, *map(str, problem["loc"])) if part)
        text = problem["msg"].removeprefix("Value error, ")
        problems.append(f"{place}: {text}" if place else text)
    return f"{source} cannot be used: {'; '.join(problems)}."
