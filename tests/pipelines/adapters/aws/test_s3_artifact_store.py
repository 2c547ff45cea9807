"""The S3 flavor opens the bucket that its contract names, also on a server that is not AWS."""

from __future__ import annotations

import pytest

from fairlead.contracts.artifact_store import S3ArtifactStoreContract
from fairlead.ports.artifact_store import ArtifactStore
from fairlead.registry import load
from fairlead.store.objects import open_objects
from storage_servers import Server


@pytest.mark.server
def test_contract_and_url_alone_open_the_same_bucket(
    s3_server: Server, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_url = open_objects(s3_url)
    assert by_url.put_new("a/b", b"1") is True
    endpoint = s3_server.environment["AWS_ENDPOINT_URL"]
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    contract = S3ArtifactStoreContract(url=s3_url, endpoint_url=endpoint, region="us-east-1")
    adapter = load("fairlead.adapters", "artifact_store.s3")(contract)
    assert isinstance(adapter, ArtifactStore)
    assert adapter.objects().get("a/b") == b"1"
