"""The artifact store of a stack on Google Cloud: a bucket."""

from __future__ import annotations

from typing import Any

from fairlead.contracts.artifact_store import GcsArtifactStoreContract
from fairlead.ports.permissions import Permission
from fairlead.store.access import accesses
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

    def permissions(self) -> tuple[Permission, ...]:
        """Return the calls that identities make to Cloud Storage.

        The bucket's key asks nothing of them: the storage service's own agent uses it.

        Source:
            https://cloud.google.com/storage/docs/access-control/iam-json
        """
        bucket, _, prefix = self._contract.url.partition("://")[2].partition("/")
        name = f"projects/_/buckets/{bucket}"
        root = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        found = []
        for access in accesses():
            action, path = _ACTIONS[access.verb], f"{root}{access.path}"
            if access.verb == "list":
                context: dict[str, str | None] = {_LISTED: path}
                found.append(Permission("gcp", access.identity, action, name, context))
            else:
                resource = f"{name}/objects/{path}"
                found.append(Permission("gcp", access.identity, action, resource))
        return tuple(found)


_LISTED = "storage.googleapis.com/objectListPrefix"
_ACTIONS = {
    "read": "storage.objects.get",
    "create": "storage.objects.create",
    "list": "storage.objects.list",
    "delete": "storage.objects.delete",
}
