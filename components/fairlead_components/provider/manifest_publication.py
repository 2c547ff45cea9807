"""Copies of stack manifests in artifact stores, which are never overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import rfc8785
from pydantic import ValidationError

from fairlead.contracts.manifest import StackManifest
from fairlead.registry import load
from fairlead.store.objects import ObjectStore, open_objects
from fairlead_components.provider.handler import Handler, Property, ResourceError, Snapshot

_FOLDER = "manifests/current"


class ManifestPublicationHandler(Handler):
    """Publish ``manifests/current/<n>-<stack>.json``; the highest n is what the stack is now."""

    token = "fairlead:index:ManifestPublication"  # noqa: S105 - a type token
    description = "The copy of a stack's manifest in its artifact store."
    inputs = {  # noqa: RUF012 - declared in the base class
        "store": Property("string", "The store's URL.", required=True, replaces=True),
        "stack": Property("string", "The stack's name.", required=True, replaces=True),
        "manifest": Property("object", "The manifest as JSON data.", required=True),
        "contract": Property("object", "The store's contract, where its URL does not say all."),
    }
    outputs = {  # noqa: RUF012 - declared in the base class
        "path": Property("string", "Where the copy lies, relative to the store's root.")
    }

    def validate(self, inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Refuse what no reader would accept."""
        if "manifest" in inputs:
            try:
                StackManifest.model_validate(inputs["manifest"])
            except ValidationError as error:
                for problem in error.errors(include_url=False, include_input=False):
                    yield "manifest", problem["msg"]

    def create(self, inputs: dict[str, Any]) -> Snapshot:
        """Publish the manifest under the next number, unless it is what counts already."""
        store, stack, manifest = inputs["store"], inputs["stack"], inputs["manifest"]
        objects = _open(store, inputs.get("contract"))
        content = rfc8785.dumps(manifest)
        while True:
            number, path = _newest(objects, stack)
            if path is not None and objects.get(path) == content:
                return _snapshot(inputs, manifest, path)
            path = f"{_FOLDER}/{number + 1}-{stack}.json"
            if objects.put_new(path, content):
                return _snapshot(inputs, manifest, path)

    def read(self, identifier: str, inputs: dict[str, Any]) -> Snapshot | None:
        """Return what the store says that the stack is."""
        store, _, stack = identifier.rpartition("#")
        known = {"store": store, "stack": stack, **inputs}
        objects = _open(known["store"], known.get("contract"))
        _, path = _newest(objects, known["stack"])
        if path is None:
            return None
        try:
            manifest = json.loads(objects.get(path))
        except ValueError:
            raise ResourceError(f"{objects.url}/{path} is not JSON: remove it by hand") from None
        return _snapshot(known, manifest, path)

    def update(self, identifier: str, inputs: dict[str, Any]) -> Snapshot:
        """Publish the manifest that is now."""
        del identifier
        return self.create(inputs)

    def delete(self, identifier: str, inputs: dict[str, Any]) -> None:
        """Leave what was published: only the maintainer deletes from a store."""


def _newest(objects: ObjectStore, stack: str) -> tuple[int, str | None]:
    """Return the highest number that a stack has published and its path; 0 and None for none."""
    found: tuple[int, str | None] = (0, None)
    for item in objects.list(_FOLDER, recursive=False):
        number, _, rest = item.path.rpartition("/")[2].partition("-")
        if rest == f"{stack}.json" and number.isdecimal() and int(number) > found[0]:
            found = (int(number), item.path)
    return found


def _open(url: str, contract: dict[str, Any] | None) -> ObjectStore:
    """Open a store, through its adapter where its URL does not say all."""
    if contract is None:
        return open_objects(url)
    name = f"artifact_store.{contract['flavor']}"
    document = load("fairlead.contracts", name).model_validate(contract)
    return cast("ObjectStore", load("fairlead.adapters", name)(document).objects())


def _snapshot(recorded: Mapping[str, Any], manifest: Any, path: str) -> Snapshot:
    inputs = {key: recorded[key] for key in ("store", "stack", "contract") if key in recorded}
    inputs["manifest"] = manifest
    identity = f"{inputs['store']}#{inputs['stack']}"
    return Snapshot(identity, inputs, {**inputs, "path": path})
