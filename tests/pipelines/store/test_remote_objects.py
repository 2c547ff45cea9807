"""Buckets keep every promise of ``ObjectStore``: real servers on loopback, and lost answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dropping_proxy import DroppingProxy
from fairlead.errors import MissingExtraError, StoreError
from fairlead.store.objects import ObjectStore, open_objects
from fairlead.store.remote_objects import RemoteObjects
from fairlead.testing.artifact_store import ArtifactStoreSuite
from storage_servers import Server, new_bucket

pytestmark = pytest.mark.server


class TestS3(ArtifactStoreSuite):
    racers = 4
    names = 100

    @pytest.fixture
    def store_url(self, s3_url: str) -> str:
        return s3_url


@pytest.mark.slow
class TestS3WithLostAnswers(ArtifactStoreSuite):
    """Every seventh answer to a write is lost after the server did what it was asked."""

    @pytest.fixture
    def proxy(self, s3_server: Server) -> Iterator[DroppingProxy]:
        proxy = DroppingProxy("127.0.0.1", s3_server.port, every=7)
        yield proxy
        proxy.close()
        assert proxy.dropped or self.quiet, "no answer was lost: the test proves nothing"

    @pytest.fixture
    def store_url(
        self, s3_server: Server, proxy: DroppingProxy, monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> str:  # fmt: skip
        # Tests of a few writes may come to their end before the seventh.
        self.quiet = "winner" not in request.node.name and "large" not in request.node.name
        bucket = new_bucket(s3_server, "s3", monkeypatch)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        return f"s3://{bucket}/store"


@pytest.mark.slow
class TestGcs(ArtifactStoreSuite):
    racers = 4
    names = 100

    @pytest.fixture
    def store_url(self, gcs_url: str) -> str:
        return gcs_url


@pytest.mark.slow
class TestAzureBlob(ArtifactStoreSuite):
    racers = 4
    names = 100

    @pytest.fixture
    def store_url(self, azure_url: str) -> str:
        return azure_url


@pytest.fixture
def s3(s3_url: str) -> ObjectStore:
    return open_objects(s3_url)


def test_large_upload_whose_completion_answer_is_lost(
    s3_server: Server, s3_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Parts were sent and joined, only the last answer is missing: the bytes say it was us."""
    content = tmp_path / "content"
    content.write_bytes(b"abcdefgh" * (5 << 20))
    # Creating the upload is the first write, three parts follow, completing is the fifth.
    proxy = DroppingProxy("127.0.0.1", s3_server.port, every=5)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
    objects = open_objects(s3_url)
    assert objects.put_new("large", content) is True
    assert proxy.dropped >= 1
    assert objects.get("large") == content.read_bytes()
    proxy.close()


def test_wrong_credentials(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-and-secret")
    objects = open_objects(s3_url)
    for call in (lambda: objects.get("a"), lambda: objects.put_new("a", b"")):
        with pytest.raises(StoreError, match=r"access was denied.*Check AWS_PROFILE") as caught:
            call()
        assert "wrong-and-secret" not in str(caught.value)


def test_no_credentials(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreError, match="there are no credentials"):
        open_objects(s3_url).put_new("a", b"")


def test_missing_bucket(s3_url: str) -> None:
    with pytest.raises(StoreError, match="bucket or container does not exist"):
        open_objects("s3://no-such-bucket-here/x").put_new("a", b"")


def test_unreachable_server(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("fairlead.store.remote_objects._ATTEMPTS", 2)
    objects = RemoteObjects(s3_url, config_kwargs={"retries": {"max_attempts": 1}})
    with pytest.raises(StoreError, match="Check the network"):
        objects.put_new("a", b"")


def test_missing_extra() -> None:
    with pytest.raises(MissingExtraError, match="sftp"):
        open_objects("sftp://host/x").get("a")


@pytest.mark.parametrize("url", ["", "folder", "s3://", "s3:///"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(StoreError, match="is not the URL of an artifact store"):
        open_objects(url)


def test_unknown_scheme() -> None:
    with pytest.raises(StoreError, match="nosuch"):
        open_objects("nosuch://x/y").get("a")
