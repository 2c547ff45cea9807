"""Where values of secrets are kept; contracts and records only name them."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class SecretStoreContract(Contract):
    """Name a secret store.

    Attributes:
        prefix: What the names of this stack's secrets begin with.
    """

    prefix: str = ""


class LocalSecretStoreContract(SecretStoreContract):
    """Name a folder whose files only their owner can read.

    Attributes:
        path: The folder, absolute.
    """

    flavor: Literal["local"] = "local"
    path: str


class KubernetesSecretStoreContract(SecretStoreContract):
    """Name the secrets of a namespace: one object for each, with the value under one key.

    The secret ``hub`` of a pipeline is the object ``<prefix>hub``; a step's pod is given just those
    that it declares, and its service account may read none.

    Attributes:
        context: The kubeconfig context of the cluster; None takes the current one.
        namespace: Where the secrets are.
        data_key: The key of an object under which the value is.
    """

    flavor: Literal["kubernetes"] = "kubernetes"
    context: str | None = None
    namespace: str
    data_key: str = "value"
