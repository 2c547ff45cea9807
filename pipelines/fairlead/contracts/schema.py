"""The JSON Schema of the stack manifest, for whoever writes one without Pulumi.

``python -m fairlead.contracts.schema > docs/reference/manifest.schema.json`` publishes it.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from typing import Any, get_args

import fairlead.contracts
from fairlead.contracts.base import VERSION, Contract
from fairlead.contracts.manifest import STEP_OPERATORS, Kind, StackManifest

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def contract_classes() -> dict[str, list[type[Contract]]]:
    """Return the contracts of each kind: those of its flavors, or of the kind where it has none.

    Example:
        >>> [contract.__name__ for contract in contract_classes()["model_registry"]]
        ['MlflowModelRegistryContract']
    """
    kinds = set(get_args(Kind))
    for module in pkgutil.iter_modules(fairlead.contracts.__path__):
        if module.name in kinds:
            importlib.import_module(f"fairlead.contracts.{module.name}")
    found: dict[str, list[type[Contract]]] = {}
    for general in Contract.__subclasses__():
        package, _, kind = general.__module__.rpartition(".")
        if package == fairlead.contracts.__name__ and kind in kinds:
            flavors = [c for c in general.__subclasses__() if c.__module__.startswith(package)]
            found[kind] = sorted(flavors, key=lambda c: c.__name__) or [general]
    return {kind: found[kind] for kind in sorted(found)}


def manifest_schema() -> dict[str, Any]:
    r"""Return the JSON Schema of a stack manifest with all of Fairlead's own flavors.

    A flavor that an installed package adds is valid too: the schema says of it only that it is a
    contract. Keys that the schema does not name are ignored by readers of the same major version.

    Example:
        >>> manifest_schema()["properties"]["schema"]["pattern"]
        '^1\\.[0-9]+$'
    """
    definitions: dict[str, Any] = {}
    kinds: dict[str, Any] = {}
    for kind, contracts in contract_classes().items():
        rules: list[dict[str, Any]] = []
        for contract in contracts:
            schema = contract.model_json_schema()
            schema["properties"]["version"] = _version("The contract's version.")
            definitions |= schema.pop("$defs", {})  # references to them begin at the root
            definitions[contract.__name__] = schema
            reference = {"$ref": f"#/$defs/{contract.__name__}"}
            flavor = schema["properties"]["flavor"].get("const")
            if flavor is None:
                rules.append(reference)
            else:
                matches = {"properties": {"flavor": {"const": flavor}}, "required": ["flavor"]}
                rules.append({"if": matches, "then": reference})
        kinds[kind] = {"type": "object", "required": ["flavor"], "allOf": rules}
    operators = {"type": "object", "additionalProperties": kinds.pop("step_operator")}
    return {
        "$schema": _DIALECT,
        "title": "Fairlead stack manifest",
        "description": (StackManifest.__doc__ or "").partition("\n")[0],
        "type": "object",
        "required": ["schema", "stack", "provider", "components"],
        "properties": {
            "schema": _version("The document's version."),
            "stack": {"type": "string", "description": "The stack's name."},
            "provider": {"type": "string", "description": "Whose defaults the stack uses."},
            "digest": {
                "type": "string",
                "pattern": "^sha256:[0-9a-f]{64}$",
                "description": "SHA-256 of the RFC 8785 JSON of everything else.",
            },
            "components": {
                "type": "object",
                "description": "The contract of each kind.",
                "properties": {**kinds, STEP_OPERATORS: operators},
            },
        },
        "$defs": definitions,
    }


def published_schema() -> str:
    """Return the schema as ``docs/reference/manifest.schema.json`` holds it."""
    return json.dumps(manifest_schema(), indent=2, sort_keys=True) + "\n"


def _version(description: str) -> dict[str, Any]:
    major = VERSION.partition(".")[0]
    return {"type": "string", "pattern": rf"^{major}\.[0-9]+$", "description": description}


if __name__ == "__main__":
    sys.stdout.write(published_schema())
