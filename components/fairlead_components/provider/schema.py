"""The package schema: what Pulumi's tools and other languages know of the provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead_components.provider.handler import Handler, Property


def package_schema(handlers: Iterable[Handler], version: str) -> dict[str, Any]:
    """Return the schema of the provider's package.

    Args:
        handlers: Its resource types.
        version: Its version.

    Source:
        https://www.pulumi.com/docs/iac/extending-pulumi/schema/
    """
    return {
        "name": "fairlead",
        "version": version,
        "description": "What local Fairlead stacks are made of.",
        "license": "Apache-2.0",
        "language": {"python": {"respectSchemaVersion": True}},
        "resources": {
            handler.token: {
                "description": handler.description,
                "inputProperties": _properties(handler.inputs),
                "requiredInputs": [n for n, rule in handler.inputs.items() if rule.required],
                "properties": _properties({**handler.inputs, **handler.outputs}),
                "required": [*handler.inputs, *handler.outputs],
            }
            for handler in handlers
        },
    }


def _properties(rules: Mapping[str, Property]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, rule in rules.items():
        described: dict[str, Any] = {"type": rule.type, "description": rule.description}
        if rule.type == "object":
            described["additionalProperties"] = {"$ref": "pulumi.json#/Any"}
        if rule.default is not None:
            described["default"] = rule.default
        if rule.replaces:
            described["replaceOnChanges"] = True
        if rule.secret:
            described["secret"] = True
        properties[name] = described
    return properties
