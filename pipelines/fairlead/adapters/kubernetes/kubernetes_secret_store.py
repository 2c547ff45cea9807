"""Keep secrets as Secrets of a namespace; a step's pod finds those it names as files.

Needs ``fairlead[kubernetes]`` outside the cluster only: inside, the kubelet hands values over, and
the pod needs no right on the API server.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster
from fairlead.adapters.kubernetes_permissions import calls
from fairlead.contracts.secret_store import KubernetesSecretStoreContract
from fairlead.errors import BackendError, SecretNotFoundError
from fairlead.ports.permissions import Permission

_LABEL = "app.kubernetes.io/component=secret"


class KubernetesSecretStore:
    """Read and write the secrets of a stack.

    Args:
        contract: Which Secrets they are.
    """

    def __init__(self, contract: KubernetesSecretStoreContract) -> None:
        self.contract = contract
        self._cluster = Cluster(contract.context, contract.namespace)

    def get(self, name: str) -> str:
        """Return a secret's value: in a step's pod from its files, else from the cluster.

        Raises:
            SecretNotFoundError: There is no such secret.
            BackendError: The cluster refuses.
        """
        if folder := os.environ.get("FAIRLEAD_SECRETS"):
            path = Path(folder, name)
            if not path.is_file():
                raise self._absent(name)
            return path.read_text()
        try:
            found = self._cluster.core(
                f"read secret {name}", "read_namespaced_secret", self._object(name)
            )
        except BackendError as error:
            if _status(error) == 404:  # noqa: PLR2004 - Not Found
                raise self._absent(name) from None
            raise
        return base64.b64decode(found["data"][self.contract.data_key]).decode()

    def put(self, name: str, value: str) -> None:
        """Store a value, replacing the one before."""
        content = base64.b64encode(value.encode()).decode()
        key, _, component = _LABEL.partition("=")
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": self._object(name),
                "labels": {key: component, "app.kubernetes.io/managed-by": "fairlead"},
            },
            "data": {self.contract.data_key: content},
        }
        try:
            self._cluster.core(f"store secret {name}", "create_namespaced_secret", body=body)
        except BackendError as error:
            if _status(error) != 409:  # noqa: PLR2004 - Conflict: it exists
                raise
            self._cluster.core(
                f"store secret {name}", "replace_namespaced_secret", self._object(name), body=body
            )

    def names(self) -> list[str]:
        """List the names, sorted."""
        found = self._cluster.core("list secrets", "list_namespaced_secret", label_selector=_LABEL)
        prefix = self.contract.prefix
        listed = [str(item["metadata"]["name"]) for item in found["items"]]
        return sorted(name.removeprefix(prefix) for name in listed if name.startswith(prefix))

    def delete(self, name: str) -> None:
        """Remove a secret; removing what is not there is no error."""
        try:
            self._cluster.core(
                f"delete secret {name}", "delete_namespaced_secret", self._object(name)
            )
        except BackendError as error:
            if _status(error) != 404:  # noqa: PLR2004 - Not Found
                raise

    def permissions(self) -> tuple[Permission, ...]:
        """Return what whoever sets secrets needs; a step's pod has its own mounted."""
        one = f"secrets={self.contract.prefix}{{name}}"
        verbs = {"secrets": ["create", "list"], one: ["get", "update", "delete"]}
        return tuple(calls(self.contract.namespace, "maintainer", verbs))

    def _object(self, name: str) -> str:
        return f"{self.contract.prefix}{name}"

    def _absent(self, name: str) -> SecretNotFoundError:
        return SecretNotFoundError(
            f"secret {name!r} is not in namespace {self.contract.namespace!r}: store it with "
            f"`fairlead secrets set {name}`"
        )


def _status(error: BackendError) -> int | None:
    return getattr(error.__cause__, "status", None)
