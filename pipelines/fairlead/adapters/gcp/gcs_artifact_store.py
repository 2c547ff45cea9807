"""The artifact store of a stack on Google Cloud: a bucket."""

from __future__ import annotations

from typing import Any

from fairlead.contracts.artifact_store import GcsArtifactStoreContract
from fairlead.store.objects import ObjectStore
from fairlead.store.remote_objects import RemoteObjects


class GcsArtifactStore:
    """Open the bucket that the contract names; needs ``fairlead[gcs]``.

    Credentials are Google's application default ones; ``STORAGE_EMULATOR_HOST`` names another
    server.

    Example:
        >>> contract = GcsArtifactStoreContract(url="gs://ml/prod", project="acme")
        >>> GcsArtifactStore(contract).objects().url
        'gs://ml/prod'
    """

    def __init__(self, contract: GcsArtifactStoreContract) -> None:
        self._contract = contract

    def objects(self) -> ObjectStore:
        """Return the objects of the store."""
        options: dict[str, Any] = {}
        if self._contract.project:
            options["project"] = self._contract.project
        return RemoteObjects(self._contract.url, **options)
