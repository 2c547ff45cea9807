"""Secrets of a namespace obey the law of every secret store; in a pod they are files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.adapters.kubernetes.kubernetes_secret_store import KubernetesSecretStore
from fairlead.contracts.secret_store import KubernetesSecretStoreContract
from fairlead.errors import SecretNotFoundError
from fairlead.ports.secret_store import SecretStore
from fairlead.testing.secret_store import SecretStoreConformance
from kubernetes_stacks import KubernetesStack

CONTRACT = KubernetesSecretStoreContract(namespace="ml", prefix="k8s-")


@pytest.mark.cluster
class TestKubernetesSecretStore(SecretStoreConformance):
    @pytest.fixture
    def store(self, kubernetes_stack: KubernetesStack) -> Iterator[SecretStore]:
        contract = CONTRACT.model_copy(
            update={
                "namespace": kubernetes_stack.namespace,
                "context": kubernetes_stack.cluster.context,
            }
        )
        store = KubernetesSecretStore(contract)
        for name in store.names():
            store.delete(name)
        yield store
        for name in store.names():
            store.delete(name)


def test_in_a_pod_secrets_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_SECRETS", str(tmp_path))
    (tmp_path / "hub").write_bytes("two\r\nlines ☃".encode())
    store = KubernetesSecretStore(CONTRACT)
    assert store.get("hub") == "two\r\nlines ☃"
    with pytest.raises(SecretNotFoundError, match="fairlead secrets put other"):
        store.get("other")
