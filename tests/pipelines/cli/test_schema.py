"""``fairlead schema`` and ``fairlead stacks``."""

from __future__ import annotations

from typing import Any

import jsonschema

from fairlead.binding import Stack


def test_schemas_are_valid_and_accept_the_manifest(cli: Any, stack: Stack) -> None:
    found = cli("schema").data
    for name, schema in found.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert cli("schema", name).data == schema
    document = cli("stacks", "show", "--json").data
    assert document == stack.manifest.document()
    jsonschema.validate(document, found["manifest"])
    jsonschema.validate(document["components"]["artifact_store"], found["artifact_store.local"])
    assert cli("schema", "artifact_store.nothing").status == 2


def test_a_stack_is_shown(cli: Any, stack: Stack) -> None:
    told = cli("stacks", "show").out
    assert stack.digest in told
    for kind in ("artifact_store", "orchestrator", "step_operator default"):
        assert kind in told
