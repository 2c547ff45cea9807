"""The store opens as whom one is, and says whose credentials it has; served by a real server.

What a real cluster adds (port forwarding, roles, the server's policy) is proved where a stack is
provisioned: tests/components/kubernetes/test_kubernetes_stack.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import storage_servers
from fairlead.adapters.kubernetes.versitygw_artifact_store import VersitygwArtifactStore
from fairlead.contracts.artifact_store import VersitygwArtifactStoreContract
from fairlead.errors import BackendError


def contract(
    url: str = "s3://ml", endpoint: str = "http://s3:7070"
) -> VersitygwArtifactStoreContract:
    return VersitygwArtifactStoreContract(
        url=url, endpoint_url=endpoint, namespace="ml", service="store", port=7070,
        credentials_secrets={"submitter": "store-submitter"},
    )  # fmt: skip


def test_somebody_without_credentials_is_told_who_has_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAIRLEAD_IDENTITY", "runner")
    with pytest.raises(BackendError, match="it has them for submitter"):
        VersitygwArtifactStore(contract()).objects()


@pytest.mark.server
def test_a_pod_uses_the_file_that_it_was_given(
    s3_server: storage_servers.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = storage_servers.new_bucket(s3_server, "s3", monkeypatch)
    known = s3_server.environment
    file = tmp_path / "credentials"
    file.write_text(
        f"[default]\naws_access_key_id = {known['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {known['AWS_SECRET_ACCESS_KEY']}\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    endpoint = f"http://127.0.0.1:{s3_server.port}"
    objects = VersitygwArtifactStore(contract(f"s3://{bucket}", endpoint)).objects()
    assert objects.put_new("runs/x", b"1")
    assert objects.get("runs/x") == b"1"
