"""The key that encrypts a stack's data."""

from __future__ import annotations

from fairlead.contracts.base import Contract


class KeyContract(Contract):
    """Name an encryption key.

    Attributes:
        key_id: The backend's reference: an ARN, a resource name or a versionless key URL.
    """

    key_id: str
