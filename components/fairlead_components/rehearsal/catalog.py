"""What a stand-in knows of its provider: from an installed SDK, or from Fairlead's own handlers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from fairlead import __version__
from fairlead_components.provider.handler import Handler
from fairlead_components.provider.wire import is_unknown
from fairlead_components.rehearsal.resource_types import FunctionType, ResourceType
from fairlead_components.rehearsal.sdk import Sdk
from fairlead_components.rehearsal.validation import Failure


class Catalog(Protocol):
    """Know a provider's types.

    Attributes:
        package: The provider's name.
        version: Its version.
        described: What to call it in messages.
    """

    package: str
    version: str
    described: str

    def resource(self, token: str) -> ResourceType | None:
        """Return a resource type, or None."""

    def function(self, token: str) -> FunctionType | None:
        """Return a function, or None."""

    def validate(self, kind: ResourceType, inputs: Mapping[str, Any]) -> list[Failure]:
        """Return what is wrong with inputs whose types are right."""

    def with_defaults(self, kind: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return inputs with those that the provider fills in."""

    def hidden(self, kind: ResourceType) -> frozenset[str]:
        """Return the outputs that are secret whatever is put in."""


class SdkCatalog:
    """Know a provider from its installed SDK.

    Args:
        sdk: The SDK.
    """

    def __init__(self, sdk: Sdk) -> None:
        self._sdk = sdk
        self.package = sdk.name
        self.version = sdk.version
        self.described = f"the installed SDK {sdk.folder.name} {sdk.version}"
        self._resources: dict[str, ResourceType | None] = {}
        self._functions: dict[str, FunctionType | None] = {}

    def resource(self, token: str) -> ResourceType | None:
        """Return a resource type; of a custom resource of Kubernetes nothing is known."""
        if token not in self._resources:
            found = self._sdk.resource(token)
            if found is None and self.package == "kubernetes" and "." in token.split(":")[1]:
                found = ResourceType(token, opaque=True)
            self._resources[token] = found
        return self._resources[token]

    def function(self, token: str) -> FunctionType | None:
        """Return a function, or None."""
        if token not in self._functions:
            self._functions[token] = self._sdk.function(token)
        return self._functions[token]

    def validate(self, kind: ResourceType, inputs: Mapping[str, Any]) -> list[Failure]:
        """Know nothing beyond types."""
        del kind, inputs
        return []

    def with_defaults(self, kind: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in nothing: SDKs send their defaults."""
        del kind
        return dict(inputs)

    def hidden(self, kind: ResourceType) -> frozenset[str]:
        """Know none: SDKs tell the engine which outputs are secret."""
        del kind
        return frozenset()


class HandlerCatalog:
    """Know Fairlead's own provider from its handlers, none of which acts.

    Args:
        handlers: Its resource types.
    """

    package = "fairlead"
    version = __version__
    described = "the provider fairlead"

    def __init__(self, handlers: Sequence[Handler]) -> None:
        self._handlers = {handler.token: handler for handler in handlers}

    def resource(self, token: str) -> ResourceType | None:
        """Return a resource type, or None."""
        handler = self._handlers.get(token)
        if handler is None:
            return None
        inputs = {n: [_kind(rule.type), rule.required] for n, rule in handler.inputs.items()}
        outputs = {n: [_kind(rule.type), True] for n, rule in handler.outputs.items()}
        return ResourceType(
            token,
            inputs,
            {**inputs, **outputs},
            replacing=tuple(name for name, rule in handler.inputs.items() if rule.replaces),
        )

    def function(self, token: str) -> FunctionType | None:
        """Know none: the provider has no functions."""
        del token
        return None

    def validate(self, kind: ResourceType, inputs: Mapping[str, Any]) -> list[Failure]:
        """Ask the handler."""
        known = {name: value for name, value in inputs.items() if not is_unknown(value)}
        return list(self._handlers[kind.token].validate(known))

    def with_defaults(self, kind: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in what the handler does."""
        return self._handlers[kind.token].check(inputs)[0]

    def hidden(self, kind: ResourceType) -> frozenset[str]:
        """Ask the handler."""
        return self._handlers[kind.token].hidden


def _kind(declared: str) -> Any:
    return ["map", "any"] if declared == "object" else declared
