"""A bucket as artifact store: closed, encrypted, kept, and named apart from other environments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from fairlead_components.base import ComponentError
from fairlead_components.gcp.gcs_artifact_store import (
    ExistingBucket,
    GcsArtifactStore,
    GcsArtifactStoreArgs,
)
from fairlead_components.isolation import Isolation

Record = Callable[..., Any]
KEY = "projects/acme/locations/europe-west3/keyRings/k/cryptoKeys/k"
BUCKET = "gcp:storage/bucket:Bucket store"


def store(**args: Any) -> Any:
    given = {"key": KEY, "project": "acme", "location": "europe-west3", **args}
    return GcsArtifactStore("store", GcsArtifactStoreArgs(**given))


def test_nothing_is_open(record: Record) -> None:
    contract, recorder = record(lambda: store().contract, preview=True)
    inputs = MessageToDict(recorder.requests[BUCKET].object)
    assert inputs["uniformBucketLevelAccess"] is True
    assert inputs["publicAccessPrevention"] == "enforced"
    assert inputs["encryption"] == {"defaultKmsKeyName": KEY}
    assert inputs["versioning"] == {"enabled": True}
    assert inputs["softDeletePolicy"] == {"retentionDurationSeconds": 604800}
    assert inputs["forceDestroy"] is False
    assert inputs["location"] == "europe-west3"
    assert contract["url"] == f"gs://{inputs['name']}"
    assert contract["allow_pickle"] is False


def test_data_stays_and_the_key_comes_first(record: Record) -> None:
    _, recorder = record(lambda: store().contract)
    made = recorder.requests[BUCKET]
    assert made.protect
    assert made.retainOnDelete
    assert any("store-key" in urn for urn in made.dependencies)
    granted = recorder.requests["gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember store-key"]
    inputs = MessageToDict(granted.object)
    assert inputs["cryptoKeyId"] == KEY
    assert inputs["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def test_in_a_vpc_requests_come_from_its_network_and_googles_own_agents(record: Record) -> None:
    network = "projects/acme/global/networks/ml"
    _, recorder = record(lambda: store(network=network, isolation=Isolation.VPC).contract)
    filtered = MessageToDict(recorder.requests[BUCKET].object)["ipFilter"]
    assert filtered["mode"] == "Enabled"
    assert [one["network"] for one in filtered["vpcNetworkSources"]] == [network]
    assert filtered["allowAllServiceAgentAccess"] is True
    assert "publicNetworkSource" not in filtered
    with pytest.raises(ComponentError, match="network: missing"):
        record(lambda: store(isolation=Isolation.VPC).contract)
    with pytest.raises(ComponentError, match="isolation: must be one of none, private, vpc"):
        record(lambda: store().contract, config={"fairlead:isolation": "moat"})


def test_projects_do_not_share_a_name(record: Record) -> None:
    names = {record(lambda p=p: store(project=p).contract)[0]["url"] for p in ("a", "b")}
    assert len(names) == 2


def test_without_a_key_it_is_not_made(record: Record) -> None:
    with pytest.raises(ComponentError, match="key: missing"):
        record(lambda: store(key=None).contract)


def test_one_that_is_there_is_not_made(record: Record) -> None:
    args = GcsArtifactStoreArgs(existing=ExistingBucket(url="gs://theirs/ml"), project="acme")
    contract, recorder = record(lambda: GcsArtifactStore("store", args).contract)
    assert recorder.made() == {"fairlead-components:index:GcsArtifactStore store"}
    assert contract["url"] == "gs://theirs/ml"


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"existing": ExistingBucket(url="gs://b"), "key": KEY}, "key: says what to create"),
        ({"existing": ExistingBucket(url="s3://b")}, "existing.url: must begin with gs://"),
        ({"bucket": "my-google-data"}, "bucket: must neither"),
    ],
)
def test_contradictions_are_refused(record: Record, args: Any, problem: str) -> None:
    with pytest.raises(ComponentError, match=problem):
        record(lambda: GcsArtifactStore("store", GcsArtifactStoreArgs(**args)).contract)
