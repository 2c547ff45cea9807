"""Reach an MLflow server that asks for a password, in the cluster that it runs in or from outside.

A pod of the stack is given its account's name and password from a Secret, and asks the server by
itself. Everybody else reads the Secret that their role in the namespace lets them read, and reaches
the server through the API server.
"""

from __future__ import annotations

import base64
import os
from typing import Protocol

from fairlead.contracts.experiment_tracker import MlflowServer
from fairlead.errors import BackendError
from fairlead.ports.permissions import Permission

_USER = "MLFLOW_TRACKING_USERNAME"
_PASSWORD = "MLFLOW_TRACKING_PASSWORD"  # noqa: S105 - a variable's name


class Reached(Protocol):
    """Say how a server is reached: what contracts of an MLflow server have in common."""

    @property
    def server(self) -> MlflowServer | None:
        """The server's service; None where its address says all."""

    @property
    def credentials_secrets(self) -> dict[str, str]:
        """Identity → the secret with its ``username`` and ``password``."""


def address(uri: str, contract: Reached) -> str:
    """Return the address at which this process reaches the server.

    From outside the cluster, the account's name and password are put where MLflow reads them, in
    the environment of this process, unless somebody has put others there.

    Args:
        uri: The server's address within the cluster.
        contract: How it is reached.

    Raises:
        BackendError: The cluster does not let read the password; says which role would.
    """
    server = contract.server
    if server is None or os.environ.get("KUBERNETES_SERVICE_HOST"):
        return uri
    from fairlead.adapters.kubernetes_cluster import Cluster
    from fairlead.adapters.kubernetes_port_forward import forwarded

    cluster = Cluster(server.context, server.namespace)
    if not os.environ.get(_USER):
        identity = os.environ.get("FAIRLEAD_IDENTITY", "submitter")
        secret = contract.credentials_secrets.get(identity)
        if secret is None:
            known = ", ".join(sorted(contract.credentials_secrets)) or "nobody"
            raise BackendError(
                f"MLflow at {uri} has no account for {identity!r}; it has them for {known}: set "
                "FAIRLEAD_IDENTITY to one of these."
            )
        what = f"read MLflow's password of the {identity}"
        found = cluster.core(what, "read_namespaced_secret", secret)["data"]
        os.environ[_USER] = base64.b64decode(found["username"]).decode()
        os.environ[_PASSWORD] = base64.b64decode(found["password"]).decode()
    return f"http://127.0.0.1:{forwarded(cluster, server.service, server.port)}"


def permissions(contract: Reached) -> tuple[Permission, ...]:
    """Return what reaching the server from outside asks of people's roles.

    Args:
        contract: How it is reached.
    """
    from fairlead.adapters.kubernetes_permissions import reaching

    server = contract.server
    if server is None:
        return ()
    return tuple(reaching(server.namespace, server.service, contract.credentials_secrets))
