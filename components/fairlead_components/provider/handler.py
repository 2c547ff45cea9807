"""What a resource type of the provider is: its properties and what is done with them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.errors import FairleadError
from fairlead_components.arguments import unknown
from fairlead_components.provider.wire import is_unknown

#: Type names of Pulumi's schema → the Python types of their values.
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "integer": int, "object": dict,
}  # fmt: skip


class ResourceError(FairleadError, RuntimeError):
    """Report a resource that could not be created, read, changed or deleted."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Property:
    """Describe one property of a resource type.

    Attributes:
        type: A type of Pulumi's schema.
        description: What it means.
        required: Whether a program has to give it.
        default: What it is when a program does not.
        replaces: Whether changing it makes a new resource.
        secret: Whether the engine is to encrypt it and never to show it.
    """

    type: str
    description: str
    required: bool = False
    default: Any = None
    replaces: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Tell what a resource is like now.

    Attributes:
        id: What identifies it.
        inputs: What a program would have to give to get it as it is: differences are drift.
        outputs: All of its properties.
    """

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Handler(ABC):
    """Create, read, change and delete resources of one type.

    Attributes:
        token: The type's token.
        description: What it is for.
        inputs: What a program gives.
        outputs: What it gets besides.
    """

    token: str
    description: str
    inputs: Mapping[str, Property]
    outputs: Mapping[str, Property] = {}

    def check(self, news: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return inputs with their defaults, and (property, reason) for what is wrong with them."""
        failures = [(key, unknown(key, self.inputs)) for key in news if key not in self.inputs]
        checked = dict(news)
        for name, rule in self.inputs.items():
            value = news.get(name)
            if value is None:
                if rule.required:
                    failures.append((name, "missing"))
                elif rule.default is not None:
                    checked[name] = rule.default
            elif not is_unknown(value) and not isinstance(value, _TYPES[rule.type]):
                failures.append((name, f"must be of type {rule.type}"))
        if not failures:
            known = {name: v for name, v in checked.items() if not is_unknown(v)}
            failures = list(self.validate(known))
        return checked, failures

    def validate(self, inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Yield (property, reason) for values that the types allow and the resource does not.

        Args:
            inputs: Those that are known.
        """
        del inputs
        return ()

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Return the names of inputs that differ, and of those that make a new resource."""
        names = olds.keys() | news.keys()
        changed = sorted(name for name in names if olds.get(name) != news.get(name))
        rules = self.inputs
        return changed, [name for name in changed if name in rules and rules[name].replaces]

    @property
    def hidden(self) -> frozenset[str]:
        """Return the names of the properties that are secret."""
        rules = {**self.inputs, **self.outputs}
        return frozenset(name for name, rule in rules.items() if rule.secret)

    @abstractmethod
    def create(self, inputs: dict[str, Any]) -> Snapshot:
        """Create a resource, or take over what an interrupted or former one left."""

    @abstractmethod
    def read(self, identifier: str, inputs: dict[str, Any]) -> Snapshot | None:
        """Return what a resource is like, or None if it is gone.

        Args:
            identifier: Its id.
            inputs: What is recorded of it, inputs and outputs; empty when it is imported.
        """

    @abstractmethod
    def update(self, identifier: str, inputs: dict[str, Any]) -> Snapshot:
        """Change a resource in place."""

    @abstractmethod
    def delete(self, identifier: str, inputs: dict[str, Any]) -> None:
        """Delete a resource; one that is gone already is no error."""
