"""What the rehearsal knows of a resource type or a function: read from the SDK, kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

#: Properties by name on the wire: [type, required]; the types are told in ``generated_source``.
Fields = Mapping[str, Any]

#: Where a resource lies: no cloud moves one in place.
PLACES = ("location", "region", "zone", "project")


class _Token:
    """Read a token: what provider and service a type or a function belongs to."""

    token: str
    __slots__ = ()

    @property
    def package(self) -> str:
        """The provider's name."""
        return self.token.partition(":")[0]

    @property
    def module(self) -> str:
        """The service that it belongs to: ``s3``, ``storage``, ``core``."""
        return self.token.split(":")[1].partition("/")[0]

    @property
    def name(self) -> str:
        """What it is called within the service."""
        return self.token.rpartition(":")[2]

    @property
    def bridged(self) -> bool:
        """Whether the provider is one for Terraform, bridged: ``module/thing:Thing``.

        Such providers convert between scalars: a number where a string is wanted, and back.
        """
        return is_bridged(self.token)


@dataclass(frozen=True, slots=True)
class ResourceType(_Token):
    """Describe one resource type.

    Attributes:
        token: Its token, such as ``aws:s3/bucket:Bucket``.
        inputs: What a program gives.
        outputs: What it gets; empty for a type whose outputs are its inputs.
        objects: The fields of every object type that these lead to.
        replacing: Inputs whose change makes a new resource, as far as the SDK says so.
        remote: Whether it is a component of another provider's own.
        opaque: Whether nothing is known of its properties, as of a custom resource of Kubernetes.
    """

    token: str
    inputs: Fields = field(default_factory=dict)
    outputs: Fields = field(default_factory=dict)
    objects: Mapping[str, Fields] = field(default_factory=dict)
    replacing: tuple[str, ...] = ()
    remote: bool = False
    opaque: bool = False

    @property
    def naming(self) -> str | None:
        """The input that names it and that providers fill in where a program does not."""
        own = self.name[:1].lower() + self.name[1:]
        for name in ("name", own):
            if name in self.inputs and name in self.outputs:
                kind, required = self.inputs[name]
                if kind == "string" and not required and self.outputs[name][1]:
                    return name
        for name in self._path_parameters():
            if not self.inputs[name][1]:
                return name
        return None

    @property
    def identity(self) -> frozenset[str]:
        """Inputs that are part of the id: changing one means another resource."""
        naming = self.naming
        places = [name for name in PLACES if name in self.inputs]
        return frozenset([*self._path_parameters(), *places, *([naming] if naming else [])])

    def _path_parameters(self) -> list[str]:
        """Return the inputs that only say where it lies, so that no output repeats them."""
        if self.bridged or not self.outputs:
            return []
        return [
            name
            for name, (kind, _) in self.inputs.items()
            if kind == "string" and name.endswith("Name") and name not in self.outputs
        ]

    def to_json(self) -> str:
        """Return it as text for a cache."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> ResourceType:
        """Read what ``to_json`` wrote."""
        data = json.loads(text)
        return cls(**{**data, "replacing": tuple(data["replacing"])})


@dataclass(frozen=True, slots=True)
class FunctionType(_Token):
    """Describe one function (a data source).

    Attributes:
        token: Its token, such as ``aws:index/getRegion:getRegion``.
        inputs: Its arguments.
        outputs: Its result's fields.
        objects: The fields of every object type that these lead to.
    """

    token: str
    inputs: Fields
    outputs: Fields
    objects: Mapping[str, Fields]

    def to_json(self) -> str:
        """Return it as text for a cache."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> FunctionType:
        """Read what ``to_json`` wrote."""
        return cls(**json.loads(text))


def is_bridged(token: str) -> bool:
    """Return whether a token is written as bridged providers write theirs.

    Example:
        >>> is_bridged("aws:s3/bucket:Bucket"), is_bridged("azure-native:storage:StorageAccount")
        (True, False)
    """
    if token.startswith("pulumi:providers:"):
        return True
    _, module, name = token.split(":", 2)
    return module.rpartition("/")[2] == name[:1].lower() + name[1:]
