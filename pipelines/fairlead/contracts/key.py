"""The key that encrypts a stack's data."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class KeyContract(Contract):
    """Name an encryption key.

    Attributes:
        key_id: The backend's reference: an ARN, a resource name or a versionless key URL.
    """

    key_id: str


class KmsKeyContract(KeyContract):
    """Name a key of AWS KMS by its ARN.

    Attributes:
        alias: The key's alias, ``alias/…``.
    """

    flavor: Literal["kms"] = "kms"
    alias: str | None = None


class KmsCryptoKeyContract(KeyContract):
    """Name a key of Google Cloud: ``projects/…/locations/…/keyRings/…/cryptoKeys/…``."""

    flavor: Literal["kms_crypto"] = "kms_crypto"


class KeyVaultKeyContract(KeyContract):
    """Name a key of an Azure vault by its URL without a version: the newest is used.

    Attributes:
        resource_id: The key as a resource, on which its use is granted.
    """

    flavor: Literal["key_vault"] = "key_vault"
    resource_id: str
