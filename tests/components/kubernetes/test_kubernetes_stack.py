"""A stack in a real cluster by the real engine: made, unchanged, drifted, and who may do what."""

from __future__ import annotations

from typing import Any

import pytest
from tools.kubernetes.layout import ClusterError

from clusters import Cluster
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import StoreError
from fairlead.registry import load
from provisioned_stacks import STACK, Provisioned

pytestmark = [pytest.mark.cluster, pytest.mark.engine]


def test_a_stack_is_made_unchanged_drifts_and_is_mended(
    in_cluster: Provisioned, cluster: Cluster
) -> None:
    project, namespace = in_cluster.project, in_cluster.namespace
    in_cluster.configure()
    made = project.update("up", STACK)
    assert set(made) == {"create"}
    assert set(project.update("up", STACK)) == {"same"}

    # The manifest is in the store, through the API server, as the submitter.
    manifest = StackManifest.model_validate(project.manifest(STACK))
    objects = opened(manifest, "submitter", pytest.MonkeyPatch())
    assert objects.list("manifests/current")
    assert not any("password" in str(value).lower() for value in manifest.components.values())

    # What somebody changed by hand is shown, and mended.
    cluster.kubectl("-n", namespace, "delete", "networkpolicy", "default-deny")
    patch = '{"automountServiceAccountToken": true}'
    cluster.kubectl("-n", namespace, "patch", "serviceaccount", "step", "-p", patch)
    shown = project.pulumi("refresh", "-s", STACK, "--preview-only", "--diff")
    assert "default-deny" in shown
    assert "automountServiceAccountToken" in shown
    project.update("refresh", STACK)
    mended = project.update("up", STACK)
    assert (mended["create"], mended["update"]) == (1, 1)
    assert (
        cluster.get("-n", namespace, "serviceaccount", "step")["automountServiceAccountToken"]
        is False
    )


def test_each_identity_may_do_its_own_and_nothing_else(
    in_cluster: Provisioned, versitygw_image: str, cluster: Cluster
) -> None:
    project, namespace = in_cluster.project, in_cluster.namespace
    in_cluster.configure()
    project.update("up", STACK)
    manifest = StackManifest.model_validate(project.manifest(STACK))
    identities = manifest.components["identity"]

    def may(identity: str, *action: str) -> bool:
        user = f"--as=system:serviceaccount:{namespace}:{identities[identity]}"
        told = cluster.kubectl("-n", namespace, "auth", "can-i", *action, user, check=False)
        return told.strip() == "yes"

    for action in (("list", "secrets"), ("get", "secrets"), ("create", "pods"), ("list", "jobs")):
        assert not may("step", *action)
        assert not may("serving", *action)
    assert may("runner", "create", "jobs")
    assert not may("runner", "get", "secrets")
    assert may("submitter", "get", "secrets/artifact-store-submitter")
    assert not may("submitter", "get", "secrets/artifact-store-maintainer")
    assert not may("submitter", "list", "secrets")
    assert may("reader", "get", "pods/log")
    assert not may("runner", "create", "deployments.apps")
    assert not may("reader", "create", "jobs")
    assert not may("maintainer", "create", "rolebindings.rbac.authorization.k8s.io")

    refuse_privilege_and_open_ports(cluster, namespace, versitygw_image)

    # The store's own policy: the server decides, whatever the client is.
    patch = pytest.MonkeyPatch()
    stores = {who: opened(manifest, who, patch) for who in ("submitter", "runner", "step")}
    stores |= {who: opened(manifest, who, patch) for who in ("reader", "serving", "maintainer")}
    record = "runs/20260101/01K/run.json"
    assert stores["submitter"].put_new(record, b"{}")
    assert stores["step"].put_new("artifacts/p/s/o/sha", b"1")
    assert stores["runner"].put_new("runs/20260101/01K/runner/1.json", b"{}")
    dead = "runs/20260101/01K/steps/train/1/end.json"  # of a step whose process is gone
    assert stores["runner"].put_new(dead, b"{}")
    assert stores["reader"].get(record) == b"{}"
    assert stores["serving"].get("artifacts/p/s/o/sha") == b"1"
    for who, path in (
        ("step", "runs/20260101/01K/run.json2"),
        ("step", "runs/20260101/01K/end.json"),
        ("step", "runs/20260101/01K/runner/2.json"),
        ("step", "bundles/x"),
        ("step", "manifests/x"),
        ("runner", "artifacts/p/s/o/other"),
        ("submitter", "cache/p/s/k/1.json"),
        ("reader", "runs/20260101/01K/cancel.json"),
    ):
        with pytest.raises(StoreError):
            stores[who].put_new(path, b"x")
    with pytest.raises(StoreError):
        stores["serving"].get(record)
    for who in ("step", "runner", "submitter", "reader"):
        with pytest.raises(StoreError):
            stores[who].delete(record)
    stores["maintainer"].delete(record)
    assert not stores["reader"].exists(record)


def test_a_cluster_has_to_be_named_and_mistakes_are_told(in_cluster: Provisioned) -> None:
    project = in_cluster.project
    in_cluster.configure()
    project.pulumi("config", "rm", "kubernetes:context", "-s", STACK)
    told = project.pulumi("up", "-s", STACK, "--yes", "--skip-preview", ok=False)
    assert "kubernetes:context is not configured" in told
    assert "Traceback" not in told
    wrong = ["--path", "fairlead:components.artifact_store.image", "localhost/versitygw:latest"]
    project.pulumi("config", "set", "kubernetes:context", "elsewhere", "-s", STACK)
    project.pulumi("config", "set", *wrong, "-s", STACK)
    told = project.pulumi("up", "-s", STACK, "--yes", "--skip-preview", ok=False)
    assert "components.artifact_store.image: localhost/versitygw:latest must end in" in told


def refuse_privilege_and_open_ports(cluster: Cluster, namespace: str, image: str) -> None:
    """Prove that the namespace refuses what its policy and its quota forbid."""
    container: dict[str, Any] = {"name": "x", "image": image}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "greedy", "namespace": namespace},
        "spec": {"containers": [{**container, "securityContext": {"privileged": True}}]},
    }
    with pytest.raises(ClusterError, match='violates PodSecurity "restricted'):
        cluster.kubectl("create", "-f", "-", document=pod)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "open", "namespace": namespace},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]},
    }
    with pytest.raises(ClusterError, match="exceeded quota"):
        cluster.kubectl("create", "-f", "-", document=service)


def opened(manifest: StackManifest, identity: str, patch: pytest.MonkeyPatch) -> Any:
    """Open the stack's store from outside the cluster as one of its functions."""
    document = manifest.components["artifact_store"]
    contract = load("fairlead.contracts", "artifact_store.versitygw").model_validate(document)
    with patch.context() as context:
        context.setenv("FAIRLEAD_IDENTITY", identity)
        return load("fairlead.adapters", "artifact_store.versitygw")(contract).objects()
