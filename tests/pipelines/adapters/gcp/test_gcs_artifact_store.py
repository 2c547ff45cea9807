"""The GCS flavor opens the bucket that its contract names."""

from __future__ import annotations

import pytest

from fairlead.contracts.artifact_store import GcsArtifactStoreContract
from fairlead.ports.artifact_store import ArtifactStore
from fairlead.registry import load
from fairlead.store.objects import open_objects


@pytest.mark.server
def test_contract_and_url_alone_open_the_same_bucket(gcs_url: str) -> None:
    assert open_objects(gcs_url).put_new("a/b", b"1") is True
    contract = GcsArtifactStoreContract(url=gcs_url, project="test")
    adapter = load("fairlead.adapters", "artifact_store.gcs")(contract)
    assert isinstance(adapter, ArtifactStore)
    assert adapter.objects().get("a/b") == b"1"
