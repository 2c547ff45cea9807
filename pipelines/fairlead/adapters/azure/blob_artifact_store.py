"""The artifact store of a stack on Azure: a container of a storage account."""

from __future__ import annotations

import os
from typing import Any

from fairlead.contracts.artifact_store import BlobArtifactStoreContract
from fairlead.ports.permissions import Permission
from fairlead.store.access import accesses
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

    def permissions(self) -> tuple[Permission, ...]:
        """Return the calls that identities make to the blob service.

        A record is put in one request, for which adding suffices; blocks of a large blob need
        writing.

        Source:
            https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
        """
        where = self._contract.url.partition("://")[2]
        container, _, prefix = where.partition("/")
        account = f"storageAccounts/{self._contract.account_name}"
        scope = f"{account}/blobServices/default/containers/{container.partition('@')[0]}"
        root = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        found = []
        for access in accesses():
            path = f"{root}{access.path}"
            if access.verb == "list":
                context: dict[str, str | None] = {"prefix": path, "suboperation": "Blob.List"}
                found.append(Permission("azure", access.identity, f"{_BLOBS}/read", scope, context))
                continue
            action = _ACTIONS["write" if access.large else access.verb]
            found.append(Permission("azure", access.identity, action, f"{scope}/blobs/{path}"))
        return tuple(found)


_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_ACTIONS = {
    "read": f"{_BLOBS}/read",
    "create": f"{_BLOBS}/add/action",
    "write": f"{_BLOBS}/write",
    "delete": f"{_BLOBS}/delete",
}
