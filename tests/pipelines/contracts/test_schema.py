"""The published JSON Schema is current, and says the same as the models."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.schema import contract_classes, manifest_schema, published_schema
from fairlead.registry import BUILTIN

PUBLISHED = Path(__file__).parents[3] / "docs/reference/manifest.schema.json"
EXAMPLE = StackManifest.build(
    "demo",
    "local",
    {
        "artifact_store": {"flavor": "local", "url": "file:///data"},
        "secret_store": {"flavor": "local", "path": "/secrets", "added_later": 1},
        "step_operators": {"big": {"flavor": "local", "cpu": 4}},
        "experiment_tracker": {"flavor": "somebody-elses", "anything": True},
    },
).document()


def errors(document: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(manifest_schema())
    return [f"{'.'.join(map(str, e.path))}: {e.message}" for e in validator.iter_errors(document)]


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text() == published_schema(), (
        f"run `python -m fairlead.contracts.schema > {PUBLISHED}`"
    )
    jsonschema.Draft202012Validator.check_schema(json.loads(PUBLISHED.read_text()))


def test_every_flavor_of_ours_is_in_it() -> None:
    listed = {c.__name__ for contracts in contract_classes().values() for c in contracts}
    ours = {target.rpartition(":")[2] for target in BUILTIN["fairlead.contracts"].values()}
    assert ours <= listed
    models = {"MlflowServer", "Pods", "Toleration"}  # parts of contracts
    assert listed | models == set(manifest_schema()["$defs"])


def test_a_manifest_is_valid_with_unknown_keys_and_other_peoples_flavors() -> None:
    assert errors(EXAMPLE) == []


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("schema",), "2.0", "schema"),
        (("components", "artifact_store", "url"), None, "components.artifact_store.url"),
        (("components", "secret_store", "version"), "2.1", "components.secret_store.version"),
        (("components", "step_operators", "big", "cpu"), "4", "components.step_operators.big.cpu"),
        (("components", "identity"), {}, "components.identity"),
        (("digest",), "md5:0", "digest"),
    ],
)
def test_what_a_reader_refuses_the_schema_refuses(
    path: tuple[str, ...], value: Any, where: str
) -> None:
    document = copy.deepcopy(EXAMPLE)
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    assert any(line.startswith(f"{where}: ") for line in errors(document))
