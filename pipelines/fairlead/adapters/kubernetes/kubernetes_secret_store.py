"""Keep secrets as Secrets of a namespace; a step's pod finds those it names as files.

Needs ``fairlead[kubernetes]`` outside the cluster only: inside, the kubelet hands values over, and
the pod needs no right on the API server.
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster
from fairlead.adapters.kubernetes_names import secret_object
from fairlead.adapters.kubernetes_permissions import calls
from fairlead.contracts.secret_store import KubernetesSecretStoreContract
from fairlead.errors import BackendError, SecretNotFoundError, SecretStoreError
from fairlead.ports.permissions import Permission

_LABEL = "app.kubernetes.io/component=secret"
_NAMED = "fairlead/secret"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,126}")


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
            return path.read_bytes().decode()
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
        if not _NAME.fullmatch(name):
            raise SecretStoreError(
                f"{name!r} cannot name a secret: use 1 to 127 letters, digits, - and _, beginning "
                "with a letter."
            )
        content = _encoded(value)
        if content is None:
            raise SecretStoreError(f"The value of {name!r} is not text that UTF-8 can hold.")
        key, _, component = _LABEL.partition("=")
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": self._object(name),
                "labels": {key: component, "app.kubernetes.io/managed-by": "fairlead"},
                "annotations": {_NAMED: name},
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
        names = []
        for item in found["items"]:
            name = item["metadata"].get("annotations", {}).get(_NAMED)
            if name is not None and item["metadata"]["name"] == self._object(name):
                names.append(str(name))
        return sorted(names)

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
        return secret_object(self.contract.prefix, name)

    def _absent(self, name: str) -> SecretNotFoundError:
        return SecretNotFoundError(
            f"secret {name!r} is not in namespace {self.contract.namespace!r}: store it with "
            f"`fairlead secrets put {name}`"
        )


def _encoded(value: str) -> str | None:
    try:
        return base64.b64encode(value.encode()).decode()
    except UnicodeEncodeError:  # which would tell the value to whoever sees the error
        return None


def _status(error: BackendError) -> int | None:
    return getattr(error.__cause__, "status", None)
