"""``gcp:kms/cryptoKey:CryptoKey``."""

from __future__ import annotations

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_SECONDS = 90 * 86_400


@rule("GCP-KMS-01", "gcp:kms/cryptoKey:CryptoKey")
def rotates(key: Resource, _stack: Stack) -> Problems | None:
    """Require symmetric keys, the only ones that KMS rotates, to rotate within 90 days."""
    purpose = key.get("purpose")
    if purpose is UNKNOWN:
        return [undecided("purpose")]
    if purpose not in {None, "ENCRYPT_DECRYPT"}:
        return None
    path = "rotationPeriod"
    return require(
        key.get(path),
        lambda v: v is not None and float(str(v).removesuffix("s")) <= _SECONDS,
        path,
        f"`{path}` must be at most {_SECONDS}s",
    )
