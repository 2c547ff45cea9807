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
