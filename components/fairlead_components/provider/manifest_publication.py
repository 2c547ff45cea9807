"""Copies of stack manifests in artifact stores, which are never overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import rfc8785
from pydantic import ValidationError

from fairlead.contracts.manifest import StackManifest
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
        objects = open_objects(store)
        content = rfc8785.dumps(manifest)
        while True:
            number, path = _newest(objects, stack)
            if path is not None and objects.get(path) == content:
                return _snapshot(store, stack, manifest, path)
            path = f"{_FOLDER}/{number + 1}-{stack}.json"
            if objects.put_new(path, content):
                return _snapshot(store, stack, manifest, path)

    def read(self, identifier: str, inputs: dict[str, Any]) -> Snapshot | None:
        """Return what the store says that the stack is."""
        store, _, stack = identifier.rpartition("#")
        objects = open_objects(inputs.get("store", store))
        _, path = _newest(objects, inputs.get("stack", stack))
        if path is None:
            return None
        try:
            manifest = json.loads(objects.get(path))
        except ValueError:
            raise ResourceError(f"{objects.url}/{path} is not JSON: remove it by hand") from None
        return _snapshot(store, stack, manifest, path)

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


def _snapshot(store: str, stack: str, manifest: Any, path: str) -> Snapshot:
    inputs = {"store": store, "stack": stack, "manifest": manifest}
    return Snapshot(f"{store}#{stack}", inputs, {**inputs, "path": path})
