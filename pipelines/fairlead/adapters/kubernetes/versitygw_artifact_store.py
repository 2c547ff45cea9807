"""The artifact store of a stack in a cluster: an S3 server in the stack's own namespace."""

from __future__ import annotations

import base64
import configparser
import os
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster
from fairlead.adapters.kubernetes_permissions import reaching
from fairlead.adapters.kubernetes_port_forward import forwarded
from fairlead.contracts.artifact_store import VersitygwArtifactStoreContract
from fairlead.errors import BackendError
from fairlead.ports.permissions import Permission
from fairlead.store.objects import ObjectStore
from fairlead.store.remote_objects import RemoteObjects

_FILE = "AWS_SHARED_CREDENTIALS_FILE"


class VersitygwArtifactStore:
    """Open the bucket that the contract names; needs ``fairlead[kubernetes]``.

    A pod of the stack has the file with its credentials mounted and reaches the server by itself.
    Everybody else reaches it through the API server, and reads the credentials of the submitter, or
    of the function that ``FAIRLEAD_IDENTITY`` names, as their role in the namespace allows.

    Args:
        contract: Where the server is, and which secrets hold credentials.

    Raises:
        BackendError: The cluster does not let read them; says which role would.
    """

    def __init__(self, contract: VersitygwArtifactStoreContract) -> None:
        self._contract = contract
        self._opened: ObjectStore | None = None

    def objects(self) -> ObjectStore:
        """Return the objects of the store."""
        if self._opened is None:
            options: dict[str, Any] = {"client_kwargs": {"region_name": self._contract.region}}
            if os.environ.get("KUBERNETES_SERVICE_HOST") and os.environ.get(_FILE):
                options["endpoint_url"] = self._contract.endpoint_url
            else:
                options |= self._from_outside()
            self._opened = RemoteObjects(self._contract.url, **options)
        return self._opened

    def permissions(self) -> tuple[Permission, ...]:
        """Return what reaching the server from outside needs; pods have credentials mounted."""
        contract = self._contract
        return tuple(reaching(contract.namespace, contract.service, contract.credentials_secrets))

    def _from_outside(self) -> dict[str, Any]:
        contract = self._contract
        identity = os.environ.get("FAIRLEAD_IDENTITY", "submitter")
        secret = contract.credentials_secrets.get(identity)
        if secret is None:
            known = ", ".join(sorted(contract.credentials_secrets))
            raise BackendError(
                f"the artifact store has no credentials for {identity!r}; it has them for {known}: "
                "set FAIRLEAD_IDENTITY to one of these."
            )
        cluster = Cluster(contract.context, contract.namespace)
        what = f"read the artifact store's credentials of the {identity}"
        found = cluster.core(what, "read_namespaced_secret", secret)
        file = configparser.ConfigParser(interpolation=None)
        file.read_string(base64.b64decode(found["data"]["credentials"]).decode())
        port = forwarded(cluster, contract.service, contract.port)
        return {
            "key": file["default"]["aws_access_key_id"],
            "secret": file["default"]["aws_secret_access_key"],
            "endpoint_url": f"http://127.0.0.1:{port}",
        }
