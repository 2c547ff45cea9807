"""The artifact store of a stack on Azure: a container of a storage account."""

from __future__ import annotations

import os
from typing import Any

from fairlead.contracts.artifact_store import BlobArtifactStoreContract
from fairlead.store.objects import ObjectStore
from fairlead.store.remote_objects import RemoteObjects


class BlobArtifactStore:
    """Open the container that the contract names; needs ``fairlead[azure-blob]``.

    Credentials are Azure's default ones (managed identity, workload identity, ``az login``), or
    those of ``AZURE_STORAGE_CONNECTION_STRING``, which then names the account too.

    Example:
        >>> contract = BlobArtifactStoreContract(url="abfs://ml/prod", account_name="acme")
        >>> BlobArtifactStore(contract).objects().url
        'abfs://ml/prod'
    """

    def __init__(self, contract: BlobArtifactStoreContract) -> None:
        self._contract = contract

    def objects(self) -> ObjectStore:
        """Return the objects of the store."""
        options: dict[str, Any] = {}
        if "AZURE_STORAGE_CONNECTION_STRING" not in os.environ:
            options = {"account_name": self._contract.account_name, "anon": False}
            if self._contract.endpoint_url:
                options["account_host"] = self._contract.endpoint_url.partition("://")[2]
        return RemoteObjects(self._contract.url, **options)
