"""The port through which models get names and versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """Name one version of a registered model.

    Attributes:
        name: The model's name.
        version: The registry's version, as text.
        uri: What the registry's own tools load it by.
        source: The artifact version it was made of: ``<run>/<step>/<output>``.
        digest: The artifact's digest.
        aliases: Names that point at this version, such as ``champion``.
        metrics: Numbers it was registered with.
    """

    name: str
    version: str
    uri: str
    source: str
    digest: str
    aliases: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)


@runtime_checkable
class ModelRegistry(Protocol):
    """Register models and look them up."""

    def register(
        self,
        name: str,
        model: Any,
        *,
        source: str,
        digest: str,
        aliases: Sequence[str] = (),
        metrics: Mapping[str, float] | None = None,
    ) -> RegisteredModel:
        """Add a version of ``name``; the same digest and source again is the same version."""
        ...

    def get(self, name: str, version_or_alias: str) -> RegisteredModel:
        """Return one version by number or alias."""
        ...

    def load(self, name: str, version_or_alias: str) -> Any:
        """Return the model itself."""
        ...

    def versions(self, name: str) -> list[RegisteredModel]:
        """List a model's versions, newest first."""
        ...
