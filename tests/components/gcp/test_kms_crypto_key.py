"""A key of Google Cloud: renewed, hard to lose, or one that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict

from fairlead_components.gcp.kms_crypto_key import (
    ExistingCryptoKey,
    KmsCryptoKey,
    KmsCryptoKeyArgs,
)

Record = Callable[..., Any]


def test_it_is_renewed_and_kept(record: Record) -> None:
    args = KmsCryptoKeyArgs(project="acme", location="europe-west3")
    contract, recorder = record(lambda: KmsCryptoKey("key", args).contract, preview=True)
    made = recorder.requests["gcp:kms/cryptoKey:CryptoKey key"]
    inputs = MessageToDict(made.object)
    assert inputs["rotationPeriod"] == "7776000s"
    assert inputs["destroyScheduledDuration"] == "2592000s"
    for one in (made, recorder.requests["gcp:kms/keyRing:KeyRing key-ring"]):
        assert one.protect
        assert one.retainOnDelete
    ring = "projects/acme/locations/europe-west3/keyRings/fairlead-unit-key"
    assert contract["key_id"] == f"{ring}/cryptoKeys/fairlead-unit-key"


def test_one_that_is_there_is_not_made(record: Record) -> None:
    there = "projects/a/locations/b/keyRings/c/cryptoKeys/d"
    args = KmsCryptoKeyArgs(existing=ExistingCryptoKey(id=there))
    contract, recorder = record(lambda: KmsCryptoKey("key", args).contract)
    assert recorder.made() == {"fairlead-components:index:KmsCryptoKey key"}
    assert contract == {"flavor": "kms_crypto", "version": "1.0", "key_id": there}
