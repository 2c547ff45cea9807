"""Bind a run to a stack: find its manifest, and open what the manifest names.

A manifest comes from, in this order: what is given (``manifest=``, ``FAIRLEAD_MANIFEST``); the
store that is given (``store=``, ``FAIRLEAD_STORE``), where the stack publishes a copy; the copy
kept beside the project while it is fresh; Pulumi's output.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fairlead.contracts.base import Contract
from fairlead.contracts.manifest import STEP_OPERATORS, StackManifest
from fairlead.errors import (
    CapabilityError,
    FairleadError,
    ManifestError,
    MissingExtraError,
    StackNotFoundError,
    UnknownFlavorError,
)
from fairlead.manifests import (
    current_manifest,
    default_stack,
    malformed,
    published_manifest,
    read_manifest,
)
from fairlead.ports.bound import Bound
from fairlead.registry import load
from fairlead.stack_outputs import StackOutputs

if TYPE_CHECKING:
    from fairlead.store.artifacts import Artifacts
    from fairlead.store.objects import ObjectStore


class Stack:
    """Open the components that a manifest names, each once and at its first use.

    Safe to share between threads.

    Attributes:
        manifest: The contracts of all components.

    Args:
        manifest: The stack's manifest.

    Raises:
        CapabilityError: The manifest has no artifact store, without which nothing runs.

    Example:
        >>> store = {"flavor": "local", "url": "file:///tmp/fairlead-example"}
        >>> stack = Stack(StackManifest.build("demo", "local", {"artifact_store": store}))
        >>> stack.name, stack.allow_pickle, stack.contract("experiment_tracker")
        ('demo', True, None)
    """

    def __init__(self, manifest: StackManifest) -> None:
        self.manifest = manifest
        self._contracts: dict[tuple[str, str | None], Contract | None] = {}
        self._adapters: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.RLock()
        self.require("artifact_store")

    def __repr__(self) -> str:
        return f"Stack({self.name!r}, {self.digest[:19]}…)"

    @property
    def name(self) -> str:
        """Return the stack's name."""
        return self.manifest.stack

    @property
    def digest(self) -> str:
        """Return the digest of the manifest, ``sha256:…``."""
        return self.manifest.digest

    @property
    def allow_pickle(self) -> bool:
        """Return whether artifacts whose loading executes code may be written and read."""
        return bool(getattr(self.contract("artifact_store"), "allow_pickle", False))

    @cached_property
    def objects(self) -> ObjectStore:
        """Return the objects of the stack's artifact store."""
        opened: ObjectStore = self.adapter("artifact_store").objects()
        return opened

    @cached_property
    def artifacts(self) -> Artifacts:
        """Return the artifacts of the stack's artifact store."""
        from fairlead.store.artifacts import Artifacts

        return Artifacts(self.objects, allow_pickle=self.allow_pickle)

    @property
    def step_operators(self) -> list[str]:
        """List the names of the stack's step operators, sorted."""
        return sorted(self.manifest.components.get(STEP_OPERATORS, {}))

    def contract(self, kind: str, name: str | None = None) -> Contract | None:
        """Return the contract of a component, validated; None if the stack has none.

        Args:
            kind: A kind in the singular, such as ``model_registry``.
            name: Which step operator; without it the one named ``default``, else the only one.

        Raises:
            ManifestError: The contract does not hold what its flavor promises.
            UnknownFlavorError: No installed package knows the flavor.
        """
        with self._lock:
            key = (kind, name)
            if key not in self._contracts:
                self._contracts[key] = self._parse(kind, name)
            return self._contracts[key]

    def require(self, kind: str, name: str | None = None) -> Contract:
        """Return the contract of a component that the caller cannot do without.

        Args:
            kind: A kind in the singular.
            name: Which step operator.

        Raises:
            CapabilityError: The stack has no such component.
        """
        contract = self.contract(kind, name)
        if contract is None:
            wanted = f"{STEP_OPERATORS}.{name}" if name else kind
            has = self.step_operators if name else sorted(self.manifest.components)
            raise CapabilityError(
                f"The stack {self.name!r} has no {wanted}; it has {', '.join(has) or 'none'}. Add "
                f"it under `fairlead:components` in Pulumi.{self.name}.yaml and run "
                f"`fairlead up {self.name}`."
            )
        return contract

    def adapter(self, kind: str, name: str | None = None) -> Any:
        """Return what calls a component's backend, made once; None if the stack has none.

        Args:
            kind: A kind in the singular.
            name: Which step operator.

        Raises:
            UnknownFlavorError: No installed package has an adapter for the flavor.
            MissingExtraError: The adapter needs a package that is not installed.
        """
        with self._lock:
            key = (kind, name)
            if key not in self._adapters:
                contract = self.contract(kind, name)
                if contract is None:
                    return None
                made = self._load("fairlead.adapters", kind, contract.flavor)(contract)
                if isinstance(made, Bound):
                    made.bind(self.manifest)
                self._adapters[key] = made
            return self._adapters[key]

    def _parse(self, kind: str, name: str | None) -> Contract | None:
        place, document = self._find(kind, name)
        if document is None:
            return None
        flavor = document.get("flavor") if isinstance(document, Mapping) else None
        if not isinstance(flavor, str):
            raise ManifestError(
                f"The manifest of the stack {self.name!r} is malformed at {place}: a contract is "
                "an object with a `flavor`."
            )
        model = self._load("fairlead.contracts", kind, flavor)
        try:
            contract: Contract = model.model_validate(document)
        except ValidationError as error:
            source = f"The manifest of the stack {self.name!r}"
            raise ManifestError(malformed(source, error, place)) from None
        return contract

    def _find(self, kind: str, name: str | None) -> tuple[str, Any]:
        components = self.manifest.components
        if kind != "step_operator":
            return f"components.{kind}", components.get(kind)
        operators = components.get(STEP_OPERATORS, {})
        if name is None:
            name = (
                "default"
                if "default" in operators or len(operators) != 1
                else next(iter(operators))
            )
        return f"components.{STEP_OPERATORS}.{name}", operators.get(name)

    def _load(self, group: str, kind: str, flavor: str) -> Any:
        try:
            return load(group, f"{kind}.{flavor}")
        except (UnknownFlavorError, MissingExtraError) as error:
            raise type(error)(f"The stack {self.name!r} cannot be used here: {error}") from error


def bind(
    stack: str | None = None,
    *,
    manifest: StackManifest | Path | str | None = None,
    project: Path | None = None,
    refresh: bool = False,
    store: str | None = None,
) -> Stack:
    """Bind to a stack.

    Args:
        stack: Its name; ``FAIRLEAD_STACK`` where it is None, else the project's only stack, else
            the one named ``local``.
        manifest: A manifest, or the path or URI of one; ``FAIRLEAD_MANIFEST`` where it is None.
        project: A folder in the project; the working directory where it is None.
        refresh: Read Pulumi's output anew, instead of the copy kept beside the project.
        store: URL of an artifact store that the stack publishes its manifest in;
            ``FAIRLEAD_STORE`` where it is None.

    Raises:
        StackNotFoundError: There is no such stack, or nothing has provisioned it.
        ManifestError: The manifest is malformed, edited, or too new.
        EngineNotFoundError: Only Pulumi could tell, and its command line is not here.
        CapabilityError: The stack has no artifact store.

    Example:
        >>> document = StackManifest.build(
        ...     "demo", "local", {"artifact_store": {"flavor": "local", "url": "file:///tmp/x"}}
        ... )
        >>> bind(manifest=document).name
        'demo'
    """
    given = manifest if manifest is not None else os.environ.get("FAIRLEAD_MANIFEST") or None
    if given is not None:
        found = given if isinstance(given, StackManifest) else read_manifest(str(given))
        if stack is not None and found.stack != stack:
            raise ManifestError(
                f"The manifest that is given is of the stack {found.stack!r}, but the stack "
                f"{stack!r} is asked for: name one of the two (or unset FAIRLEAD_MANIFEST)."
            )
        return Stack(found)
    name = stack or os.environ.get("FAIRLEAD_STACK") or None
    url = store or os.environ.get("FAIRLEAD_STORE") or None
    if url is not None:
        return Stack(published_manifest(url, name))
    root, outputs = _project(project)
    if name is None:
        known = outputs.configured() or outputs.provisioned()
        name = default_stack(known, str(outputs.folder))
    return Stack(current_manifest(root, outputs, name, refresh=refresh))


@dataclass(frozen=True, slots=True)
class StackStatus:
    """Say how one stack of a project stands.

    Attributes:
        name: Its name.
        configured: Whether it has a config file.
        manifest: What it exports; None if nothing has provisioned it, or it cannot be read.
        problem: Why it cannot be read, in words.
    """

    name: str
    configured: bool
    manifest: StackManifest | None
    problem: str = ""

    @property
    def provisioned(self) -> bool:
        """Return whether the stack exports a manifest."""
        return self.manifest is not None

    @property
    def digest(self) -> str | None:
        """Return the digest of the stack's manifest."""
        return self.manifest.digest if self.manifest else None


def stacks(project: Path | None = None, *, refresh: bool = False) -> list[StackStatus]:
    """List the stacks of a project, configured or provisioned, by name.

    Args:
        project: A folder in the project; the working directory where it is None.
        refresh: Read Pulumi's outputs anew.

    Raises:
        StackNotFoundError: The folder belongs to no project with stacks.

    Example:
        >>> [(stack.name, stack.provisioned) for stack in stacks()]  # doctest: +SKIP
        [('aws', False), ('local', True)]
    """
    root, outputs = _project(project)
    configured = outputs.configured()
    try:
        known = outputs.provisioned()
        failure = ""
    except FairleadError as error:
        known, failure = [], str(error)
    found = []
    for name in sorted({*configured, *known}):
        manifest, problem = None, failure
        if name in known:
            try:
                manifest = current_manifest(root, outputs, name, refresh=refresh)
            except StackNotFoundError:
                problem = ""
            except FairleadError as error:
                problem = str(error)
        found.append(StackStatus(name, name in configured, manifest, problem))
    return found


def _project(start: Path | None) -> tuple[Path, StackOutputs]:
    from fairlead.project import find_project

    if start is not None and not start.exists():
        raise StackNotFoundError(f"The folder {start} is not there: correct the project's path.")
    project = find_project(start or Path.cwd())
    if project.stacks is None:
        raise StackNotFoundError(
            f"{project.root} has no stacks: there is no folder with a Pulumi.yaml. Start a project "
            "with `fairlead init`, or bind with `--manifest FILE` or FAIRLEAD_STORE=URL."
        )
    return project.root, StackOutputs(project.stacks)
