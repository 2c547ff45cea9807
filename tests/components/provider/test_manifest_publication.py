"""Manifests in a store: numbered, never overwritten, unchanged when nothing changed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fairlead.contracts.manifest import StackManifest
from fairlead.manifests import published_manifest
from fairlead_components.provider.manifest_publication import ManifestPublicationHandler

HANDLER = ManifestPublicationHandler()


def inputs(store: Path, stack: str = "local", user: str = "a") -> dict[str, Any]:
    components = {
        "artifact_store": {"flavor": "local", "url": store.as_uri()},
        "identity": {"flavor": "local", "runner": user},
    }
    manifest = StackManifest.build(stack, "local", components).document()
    return {"store": store.as_uri(), "stack": stack, "manifest": manifest}


def names(store: Path) -> list[str]:
    return sorted(path.name for path in (store / "manifests/current").iterdir())


def test_the_highest_number_is_the_stack_and_the_same_content_is_no_new_one(tmp_path: Path) -> None:
    for number in range(1, 12):
        made = HANDLER.create(inputs(tmp_path, user=f"u{number}"))
        assert made.outputs["path"] == f"manifests/current/{number}-local.json"
    again = HANDLER.create(inputs(tmp_path, user="u11"))
    assert again == made
    HANDLER.create(inputs(tmp_path, stack="11-local"))  # a name that looks like a numbered one
    assert HANDLER.read(made.id, made.inputs) == made
    assert published_manifest(tmp_path.as_uri(), "local").document() == made.inputs["manifest"]
    assert len(names(tmp_path)) == 12


def test_what_another_one_published_is_drift(tmp_path: Path) -> None:
    made = HANDLER.create(inputs(tmp_path))
    HANDLER.create(inputs(tmp_path, user="other"))
    now = HANDLER.read(made.id, made.inputs)
    assert now is not None
    assert HANDLER.diff(now.inputs, made.inputs) == (["manifest"], [])
    assert HANDLER.update(made.id, made.inputs).outputs["path"].endswith("/3-local.json")


def test_publishers_at_once_never_take_the_same_number(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: HANDLER.create(inputs(tmp_path, user=f"u{n}")), range(24)))
    assert len({snapshot.outputs["path"] for snapshot in made}) == 24
    assert len(names(tmp_path)) == 24
    for snapshot in made:
        content = json.loads((tmp_path / snapshot.outputs["path"]).read_text())
        assert content == snapshot.inputs["manifest"]


def test_nothing_published_is_nothing_and_deleting_keeps_what_was(tmp_path: Path) -> None:
    given = inputs(tmp_path)
    assert HANDLER.read(f"{given['store']}#local", given) is None
    made = HANDLER.create(given)
    HANDLER.delete(made.id, made.inputs)
    assert names(tmp_path) == ["1-local.json"]


def test_a_manifest_that_was_edited_or_holds_a_secret_is_refused(tmp_path: Path) -> None:
    given = inputs(tmp_path)
    edited = {**given["manifest"], "stack": "another"}
    _, failures = HANDLER.check({**given, "manifest": edited})
    assert "it was edited" in failures[0][1]
    leaking = {"schema": "1.0", "stack": "s", "provider": "p", "components": {"x": {"token": "t1"}}}
    _, failures = HANDLER.check({**given, "manifest": leaking})
    assert "looks like a secret's value" in failures[0][1]
    assert "t1" not in failures[0][1]
