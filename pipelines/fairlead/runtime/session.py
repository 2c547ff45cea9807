"""Open a recorded run where its steps execute: verify, unpack, import."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.digests import digest_of
from fairlead.errors import IntegrityError, ManifestError, PipelineError
from fairlead.graph import StepDefinition, StepNode
from fairlead.scripts import MAIN, import_script, importing
from fairlead.store.layout import RunLayout, manifest_path
from fairlead.store.objects import ObjectStore, open_objects
from fairlead.store.records import ArtifactRecord, RunRecord

if TYPE_CHECKING:
    from fairlead.binding import Stack

#: Where functions that no file defines at its top level lie in a bundle.
PICKLED = ".fairlead/functions.pkl"


def run_uri(objects: ObjectStore, run: str) -> str:
    """Return a run's address: the store's URL and the run's folder."""
    return f"{objects.url}/{RunLayout(run).folder}"


def split_run_uri(uri: str) -> tuple[str, str]:
    """Return the store's URL and the run's id.

    Raises:
        PipelineError: It is not the address of a run.

    Example:
        >>> split_run_uri("s3://bucket/ml/runs/20251119/01KAEW8J00ABCDEFGHJKMNPQRS")
        ('s3://bucket/ml', '01KAEW8J00ABCDEFGHJKMNPQRS')
    """
    head, _, run = uri.rstrip("/").rpartition("/")
    root, _, _ = head.rpartition("/")
    if not root.endswith("/runs"):
        raise PipelineError(f"{uri!r} is not a run's address: <store>/runs/<yyyymmdd>/<run>")
    return root.removesuffix("/runs"), run


class Session:
    """Hold one run where its steps execute.

    Attributes:
        objects: The artifact store.
        record: The verified run.json.
        layout: Where its objects lie.
        loaded: Called when a step's module has been imported, before any code of the step runs.
    """

    def __init__(
        self,
        objects: ObjectStore,
        record: RunRecord,
        *,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        stack: Stack | None = None,
    ) -> None:
        self.objects = objects
        self.record = record
        self.layout = RunLayout(record.run)
        self.loaded: Callable[[], None] = lambda: None
        self._functions: dict[str, Callable[..., Any]] = dict(functions or {})
        self._given_stack = stack
        self._nodes: dict[str, StepNode] | None = None
        self._pickled: dict[str, Callable[..., Any]] | None = None

    @classmethod
    def open(cls, uri: str, digest: str) -> Session:
        """Open a run by its address and verify run.json before anything of it is used.

        Args:
            uri: The store's URL and ``runs/<date>/<run>``.
            digest: ``sha256:…`` of run.json.

        Raises:
            IntegrityError: run.json does not have the digest.
            StoreError: The store cannot be read.
        """
        root, run = split_run_uri(uri)
        objects = open_objects(root)
        path = RunLayout(run).record
        content = objects.get(path)
        found = digest_of(content)
        if found != digest:
            raise IntegrityError(
                f"{path} in {root} has digest {found}, but {digest} was submitted: it was replaced "
                "after the run started. Nothing of it was used; start the run again."
            )
        return cls(objects, RunRecord.from_bytes(content, path))

    def node(self, step: str) -> StepNode:
        """Return a node of the graph by its id.

        Raises:
            PipelineError: The graph has no such node.
        """
        if self._nodes is None:
            self._nodes = {node.id: node for node in self.record.graph.nodes}
        try:
            return self._nodes[step]
        except KeyError:
            raise PipelineError(f"run {self.record.run} has no step {step!r}") from None

    @cached_property
    def stack(self) -> Stack:
        """Return the stack that the run is bound to, from the manifest that the run recorded."""
        if self._given_stack is not None:
            return self._given_stack
        import json

        from pydantic import ValidationError

        from fairlead.binding import Stack
        from fairlead.contracts.manifest import StackManifest

        path = manifest_path(self.record.manifest_digest)
        try:
            manifest = StackManifest.model_validate(json.loads(self.objects.get(path)))
        except (ValueError, ValidationError) as error:
            raise ManifestError(f"{path}: {error}") from None
        if manifest.digest != self.record.manifest_digest:
            raise IntegrityError(
                f"{path} has digest {manifest.digest}, but the run is bound to "
                f"{self.record.manifest_digest}: restore the object from the store's versions."
            )
        return Stack(manifest)

    @cached_property
    def code(self) -> Path | None:
        """Return where the run's bundle is unpacked, verified; None if it has none."""
        if self.record.bundle_digest is None:
            return None
        from fairlead.project import cache_folder
        from fairlead.store.bundle import fetch

        root = fetch(self.objects, self.record.bundle_digest, cache_folder("code"))
        for folder in reversed(self.record.python_path or (".",)):
            place = str(root / folder) if folder != "." else str(root)
            if place not in sys.path:
                sys.path.insert(0, place)
        return root

    def function(self, node: StepNode) -> Callable[..., Any]:
        """Return the function that a node calls, from the bundle (or as it was given).

        Raises:
            PipelineError: The bundle does not define it.
        """
        function = self._functions.get(node.definition)
        if function is None:
            function = self._load(node.definition, self.record.graph.definition(node))
            self._functions[node.definition] = function
            self.loaded()
        return function

    def _load(self, key: str, definition: StepDefinition) -> Callable[..., Any]:
        from fairlead.dsl import StepFunction

        root = self.code
        if root is None:
            raise PipelineError(
                f"step {definition.name!r}: the run carries no code bundle, so it can only run in "
                "the process that submitted it"
            )
        # First of all: it must not be imported by anything that lets it run its pipeline again.
        for other in self.record.graph.definitions.values():
            if other.module == MAIN and other.file is not None:
                import_script(root / other.file, other.file)
        pickled = self._from_pickle(root).get(key)
        if pickled is not None:
            return pickled
        module = _import(root, definition)
        found: Any = module
        for part in definition.qualname.split("."):
            found = getattr(found, part, None)
        function: Callable[..., Any]
        if isinstance(found, StepFunction):
            function = found.function
            return function
        if not callable(found):
            stopped = getattr(module, "__stopped_at_run__", None)
            hint = (
                f"before it runs the pipeline {stopped!r}: put calls of run() below "
                '`if __name__ == "__main__":`'
                if stopped
                else "at its top level: define steps at the top level of a module"
            )
            raise PipelineError(
                f"step {definition.name!r}: {definition.file} defines no "
                f"{definition.qualname!r} {hint}"
            )
        function = found
        return function

    def _from_pickle(self, root: Path) -> dict[str, Callable[..., Any]]:
        """Return the functions that no file defines: of notebook cells, and inside functions."""
        if self._pickled is None:
            from fairlead.runtime.pickled_functions import load

            path = root / PICKLED
            self._pickled = load(path.read_bytes()) if path.is_file() else {}
        return self._pickled

    def save_figure(self, step: str, name: str, content: bytes, media_type: str) -> ArtifactRecord:
        """Store a picture of a step, below the step's own prefix."""
        from fairlead.store.layout import artifact_folder

        digest = digest_of(content)
        folder = artifact_folder(self.record.graph.pipeline, step, "figures")
        path = f"{folder}/{digest.removeprefix('sha256:')}"
        self.objects.put_new(path, content)
        return ArtifactRecord(
            digest=digest,
            path=path,
            size=len(content),
            materializer="bytes",
            materializer_version=1,
            type=media_type,
            metadata={"media_type": media_type, "name": name},
        )


def _import(root: Path, definition: StepDefinition) -> Any:
    """Import the module that defines a step, without starting what it runs."""
    file = root / str(definition.file)
    if definition.module == MAIN:
        return import_script(file, str(definition.file))
    with importing(str(definition.file)):
        try:
            return importlib.import_module(definition.module)
        except ModuleNotFoundError as error:
            # Test runners and tools import files under names that no search path explains.
            if error.name is None or not f"{definition.module}.".startswith(f"{error.name}."):
                raise
        spec = importlib.util.spec_from_file_location(definition.module, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[definition.module] = module
        spec.loader.exec_module(module)
        return module
