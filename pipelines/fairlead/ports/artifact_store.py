"""The port through which a stack's artifact store is opened."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from fairlead.store.objects import ObjectStore


@runtime_checkable
class ArtifactStore(Protocol):
    """Open the objects below an artifact store's root.

    An adapter is made from its contract: ``LocalArtifactStore(contract)``.
    """

    def objects(self) -> ObjectStore:
        """Return the objects of the store; cheap, and safe to call in every process."""
        ...
