"""Fixtures that any test may use: real storage servers, started once a session on first use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The tests are no package: what they share is imported from their root.
sys.path.insert(0, str(Path(__file__).parent))

import clusters
import storage_servers


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[storage_servers.Server]:
    """Run a real S3-compatible server."""
    with storage_servers.versitygw(tmp_path_factory.mktemp("versitygw")) as server:
        yield server


@pytest.fixture(scope="session")
def gcs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[storage_servers.Server]:
    """Run a Google Cloud Storage server."""
    with storage_servers.fake_gcs(tmp_path_factory.mktemp("fake-gcs")) as server:
        yield server


@pytest.fixture(scope="session")
def azure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[storage_servers.Server]:
    """Run an Azure Blob server."""
    with storage_servers.azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(scope="session")
def cluster() -> Iterator[clusters.Cluster]:
    """Run a real Kubernetes with one node, or use the one that runs."""
    yield from clusters.running()


@pytest.fixture(scope="session")
def steps_image(cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an image with Fairlead and what the examples import, loaded into the cluster."""
    from kubernetes_stacks import steps_archive  # loads what only tests with a cluster need

    return cluster.load(steps_archive(tmp_path_factory.mktemp("steps")))[0]


@pytest.fixture
def s3_url(s3_server: storage_servers.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an empty S3 store whose environment is set."""
    return f"s3://{storage_servers.new_bucket(s3_server, 's3', monkeypatch)}/store"


@pytest.fixture
def gcs_url(gcs_server: storage_servers.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an empty GCS store whose environment is set."""
    return f"gs://{storage_servers.new_bucket(gcs_server, 'gs', monkeypatch)}/store"


@pytest.fixture
def azure_url(azure_server: storage_servers.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an empty Azure Blob store whose environment is set."""
    return f"abfs://{storage_servers.new_bucket(azure_server, 'abfs', monkeypatch)}/store"
