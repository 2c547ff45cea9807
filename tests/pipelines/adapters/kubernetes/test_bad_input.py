"""What is wrong with a cluster's access is told in one clear message, before anything is lost."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tools.kubernetes import layout

from fairlead.adapters.kubernetes_cluster import Cluster as Api
from fairlead.adapters.kubernetes_errors import explain
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import BackendAccessError, BackendError, RetryableBackendError
from fairlead.testing import semantics
from kubernetes_stacks import KubernetesStack

cluster_test = pytest.mark.cluster


class Answer(Exception):  # noqa: N818 - what the client raises, as far as it is looked at
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, json.dumps({"message": message})


def test_no_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))
    with pytest.raises(BackendAccessError, match=r"no usable kubeconfig.*Set KUBECONFIG"):
        Api(None, "ml").jobs("a=b")


def test_the_command_says_what_is_wrong_and_ends_with_2(tmp_path: Path) -> None:
    store = {
        "flavor": "versitygw", "url": "s3://ml", "endpoint_url": "http://store:7070",
        "namespace": "ml", "service": "store", "port": 7070,
        "credentials_secrets": {"submitter": "store-submitter"},
    }  # fmt: skip
    manifest = StackManifest.build("ml", "kubernetes", {"artifact_store": store})
    (tmp_path / "manifest.json").write_text(json.dumps(manifest.document()))
    words = ["runs", "list", "--manifest", str(tmp_path / "manifest.json")]
    done = subprocess.run(
        [sys.executable, "-m", "fairlead.cli.main", *words],
        env={**os.environ, "KUBECONFIG": str(tmp_path / "nothing")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no usable kubeconfig")
    assert "Traceback" not in done.stderr


def test_a_context_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": "prod",
                "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {}}],
            }
        )
    )  # fmt: skip
    monkeypatch.setenv("KUBECONFIG", str(path))
    with pytest.raises(BackendAccessError, match=r"no context 'staging'.*it has prod"):
        Api("staging", "ml").jobs("a=b")
    silent = Api("prod", "ml")
    silent._patience = 0.1
    with pytest.raises(RetryableBackendError, match="does not answer"):
        silent.jobs("a=b")


@pytest.mark.parametrize(
    ("answer", "says", "kind"),
    [
        (Answer(401, "Unauthorized"), "expired or was revoked", BackendAccessError),
        (
            Answer(
                403,
                'jobs.batch is forbidden: User "ann" cannot create resource "jobs" in API group '
                '"batch" in the namespace "ml"',
            ),
            'apiGroups: ["batch"]\n      resources: ["jobs"]\n      verbs: ["create"]',
            BackendAccessError,
        ),
        (Answer(403, "exceeded quota: small"), "ResourceQuota", RetryableBackendError),
        (Answer(404, 'namespaces "ml" not found'), "namespace deleted", BackendError),
        (Answer(503, "busy"), "does not answer", RetryableBackendError),
        (Answer(422, "spec is invalid"), "spec is invalid", BackendError),
    ],
)
def test_answers_are_explained(answer: Answer, says: str, kind: type) -> None:
    error = explain(answer, "start job x", "namespace 'ml' of context 'prod'")
    assert type(error) is kind
    assert says in str(error)


def submits(stack: KubernetesStack) -> Callable[[], Any]:
    return lambda: semantics.arithmetic.run(manifest=stack.manifest(), wait=False)


def _with_user(stack: KubernetesStack, folder: Path, user: dict[str, str]) -> Path:
    config = yaml.safe_load(stack.cluster.kubeconfig.read_text())
    config["users"][0]["user"] = user
    path = folder / "config"
    path.write_text(yaml.safe_dump(config))
    return path


@cluster_test
def test_an_expired_certificate(
    kubernetes_stack: KubernetesStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    keys = layout.state() / "pki"
    authority = x509.load_pem_x509_certificate((keys / "ca.crt").read_bytes())
    signer = serialization.load_pem_private_key((keys / "ca.key").read_bytes(), None)
    own = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ann")]))
        .issuer_name(authority.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now - dt.timedelta(days=1))
        .sign(signer, hashes.SHA256())  # type: ignore[arg-type]
    )
    encoding = serialization.Encoding.PEM
    (tmp_path / "ann.crt").write_bytes(certificate.public_bytes(encoding))
    (tmp_path / "ann.key").write_bytes(
        own.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    user = {
        "client-certificate": str(tmp_path / "ann.crt"), "client-key": str(tmp_path / "ann.key"),
    }  # fmt: skip
    monkeypatch.setenv("KUBECONFIG", str(_with_user(kubernetes_stack, tmp_path, user)))
    with pytest.raises(BackendAccessError, match="expired or was revoked"):
        submits(kubernetes_stack)()


@cluster_test
def test_somebody_without_rights(
    kubernetes_stack: KubernetesStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = kubernetes_stack.kubectl("create", "token", "step").strip()
    config = _with_user(kubernetes_stack, tmp_path, {"token": token})
    monkeypatch.setenv("KUBECONFIG", str(config))
    with pytest.raises(
        BackendAccessError, match=r'(?s)cannot create resource "jobs".*verbs: \["create"'
    ):
        submits(kubernetes_stack)()


@cluster_test
def test_a_namespace_that_is_not_there(kubernetes_stack: KubernetesStack) -> None:
    from dataclasses import replace

    with pytest.raises(BackendError, match="namespace"):
        submits(replace(kubernetes_stack, namespace="nowhere"))()
