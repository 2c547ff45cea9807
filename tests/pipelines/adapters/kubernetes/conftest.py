"""A namespace of a real cluster as a stack: identities, an S3 server, an image with Fairlead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from tools.kubernetes import layout

from clusters import Cluster
from kubernetes_stacks import KubernetesStack, prepared
from storage_servers import Server, versitygw_at


@pytest.fixture(scope="session")
def store_server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run an S3 server at an address of this machine's loopback that pods reach too."""
    with versitygw_at(layout.API_ADDRESS, tmp_path_factory.mktemp("versitygw")) as server:
        yield server


@pytest.fixture(scope="session")
def kubernetes_stack(
    cluster: Cluster, steps_image: str, store_server: Server
) -> Iterator[KubernetesStack]:
    """Yield a stack in a new namespace that enforces the restricted pod security standard."""
    before = dict(os.environ)
    os.environ.update(store_server.environment)
    os.environ["KUBECONFIG"] = str(cluster.kubeconfig)
    import fsspec

    try:
        with prepared(cluster, store_server) as namespace:
            fsspec.filesystem("s3", skip_instance_cache=True).mkdir(namespace)
            yield KubernetesStack(cluster, namespace, steps_image, store_server, namespace)
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def serving_place(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Yield where pods are made: a namespace of the restricted standard, with the identity."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with cluster.namespace() as namespace:
        enforced = "pod-security.kubernetes.io/enforce=restricted"
        cluster.kubectl("label", "namespace", namespace, enforced)
        cluster.kubectl("-n", namespace, "create", "serviceaccount", "serving")
        yield {
            "context": cluster.context,
            "namespace": namespace,
            "service_account": "serving",
            "labels": {"fairlead-function": "serving"},
            "node_selector": {"pool": "serving"},
            "tolerations": [{"key": "serving"}],
            "image_pull_secrets": ["pull"],
        }
