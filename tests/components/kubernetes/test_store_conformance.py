"""The S3 server of a stack in a cluster keeps every promise of an artifact store."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest

from clusters import Cluster
from fairlead.adapters.kubernetes_cluster import Cluster as Reached
from fairlead.adapters.kubernetes_port_forward import forwarded
from fairlead.testing.artifact_store import ArtifactStoreSuite
from fairlead_components.kubernetes.defaults import resources
from fairlead_components.kubernetes.versitygw_access import ROOT, accounts, bucket_files
from fairlead_components.kubernetes.versitygw_server import PORT, selector, server

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

BUCKET = "conformance"


@pytest.fixture(scope="module")
def served(cluster: Cluster, versitygw_image: str) -> Iterator[dict[str, str]]:
    """Run the server as the component declares it; yield the environment of its administrator."""
    password = secrets.token_hex(16)
    spec = server(
        "store", image=versitygw_image, bucket=BUCKET, resources=resources(0.5, 512 << 20),
        volume="1Gi", storage_class=None,
    )  # fmt: skip
    users = {"users.json": accounts({}), "account": ROOT, "root": password}
    service = {"selector": selector("store"), "ports": [{"port": PORT}]}
    bucket = {"data": bucket_files(BUCKET)}
    with cluster.namespace() as namespace, pytest.MonkeyPatch.context() as patch:
        for version, kind, name, body in (
            ("v1", "Secret", "store-server", {"stringData": users}),
            ("v1", "ConfigMap", "store-bucket", bucket),
            ("v1", "Service", "store", {"spec": service}),
            ("apps/v1", "StatefulSet", "store", {"spec": spec}),
        ):
            metadata = {"name": name, "namespace": namespace}
            document = {"apiVersion": version, "kind": kind, "metadata": metadata, **body}
            cluster.kubectl("create", "--validate=strict", "-f", "-", document=document)
        cluster.kubectl("-n", namespace, "rollout", "status", "statefulset/store", "--timeout=90s")
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        port = forwarded(Reached(cluster.context, namespace), "store", PORT)
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": ROOT,
            "AWS_SECRET_ACCESS_KEY": password,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


class TestInClusterStore(ArtifactStoreSuite):
    racers = 4
    names = 50

    @pytest.fixture
    def store_url(self, served: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
        for name, value in served.items():
            monkeypatch.setenv(name, value)
        return f"s3://{BUCKET}/{secrets.token_hex(4)}"


def test_the_accounts_are_what_the_server_reads() -> None:
    listed = json.loads(accounts({"step": "x" * 40}))["accessAccounts"]
    assert listed == {"step": {"access": "step", "secret": "x" * 40, "role": "user"}}
