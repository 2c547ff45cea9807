"""The Azure flavor opens the container that its contract names."""

from __future__ import annotations

import pytest

from fairlead.contracts.artifact_store import BlobArtifactStoreContract
from fairlead.ports.artifact_store import ArtifactStore
from fairlead.registry import load
from fairlead.store.objects import open_objects


@pytest.mark.server
def test_contract_and_url_alone_open_the_same_container(azure_url: str) -> None:
    assert open_objects(azure_url).put_new("a/b", b"1") is True
    contract = BlobArtifactStoreContract(url=azure_url, account_name="devstoreaccount1")
    adapter = load("fairlead.adapters", "artifact_store.blob")(contract)
    assert isinstance(adapter, ArtifactStore)
    assert adapter.objects().get("a/b") == b"1"


def test_the_account_of_the_contract_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a connection string, the account and its endpoint come from the contract."""
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING", raising=False)
    contract = BlobArtifactStoreContract(
        url="abfs://ml/x", account_name="acme", endpoint_url="https://acme.blob.core.example"
    )
    objects = load("fairlead.adapters", "artifact_store.blob")(contract).objects()
    fs, root = objects._open()
    assert (fs.account_url, root) == ("https://acme.blob.core.example", "ml/x")
