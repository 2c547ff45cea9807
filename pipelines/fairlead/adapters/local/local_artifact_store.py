"""The artifact store of the local stack: a folder of this machine."""

from __future__ import annotations

from fairlead.contracts.artifact_store import LocalArtifactStoreContract
from fairlead.store.objects import ObjectStore, open_objects


class LocalArtifactStore:
    """Open the folder that the contract names.

    Example:
        >>> contract = LocalArtifactStoreContract(url="file:///tmp/store")
        >>> LocalArtifactStore(contract).objects().url
        'file:///tmp/store'
    """

    def __init__(self, contract: LocalArtifactStoreContract) -> None:
        self._contract = contract

    def objects(self) -> ObjectStore:
        """Return the objects of the store."""
        return open_objects(self._contract.url)
