"""The parts that every pod of ours has: pure functions, under the ``restricted`` standard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.adapters.kubernetes_names import secret_object
from fairlead.adapters.kubernetes_surroundings import SECRETS, Surroundings
from fairlead.contracts.pods import Pods

_LOST_NODE_SECONDS = 60
#: The user and group of what needs no other.
GROUP = 65532


def make_container(name: str, image: str | None, pods: Pods, command: list[str]) -> dict[str, Any]:
    """Return a container that may neither gain rights nor write but to its volumes."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": pods.pull_policy,
        "command": command,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def base_pod(pods: Pods) -> dict[str, Any]:
    """Return what every pod has: its account, the restricted standard, and how it is placed."""
    pod: dict[str, Any] = {
        "serviceAccountName": pods.service_account,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True, "fsGroup": GROUP, "seccompProfile": {"type": "RuntimeDefault"},
        },
    }  # fmt: skip
    if pods.tolerations:
        pod["tolerations"] = [item.model_dump(exclude_none=True) for item in pods.tolerations]
    if pods.priority_class:
        pod["priorityClassName"] = pods.priority_class
    if pods.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in pods.image_pull_secrets]
    return pod


def make_pod(
    pods: Pods, container: dict[str, Any], volumes: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the pod of a job, which runs once; a lost node is given up in a minute."""
    pod = base_pod(pods)
    lost = [
        {
            "key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute",
            "tolerationSeconds": _LOST_NODE_SECONDS,
        }
        for key in ("not-ready", "unreachable")
    ]  # fmt: skip
    pod |= {
        "restartPolicy": "Never",
        "tolerations": [*pod.get("tolerations", ()), *lost],
        "containers": [container],
        "volumes": volumes,
    }
    if pods.host_network:
        pod["hostNetwork"] = True
    return pod


def make_environment(
    around: Surroundings, given: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the ``env`` and ``envFrom`` of a container, with ``given`` besides what all have."""
    fixed = {
        "HOME": "/tmp",  # noqa: S108 - the pod's own empty volume
        "TMPDIR": "/tmp",  # noqa: S108
        "FAIRLEAD_CACHE_DIR": "/tmp/fairlead",  # noqa: S108
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
    }
    env: list[dict[str, Any]] = [
        {"name": name, "value": value} for name, value in {**fixed, **given}.items()
    ]
    for name, (secret, key) in around.variables.items():
        reference = {"secretKeyRef": {"name": secret, "key": key}}
        env.append({"name": name, "valueFrom": reference})
    return env, [{"secretRef": {"name": secret}} for secret in around.variables_from]


def make_volumes(
    around: Surroundings, scratch: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return volumes and mounts of a container: scratch space, and access to components."""
    volumes: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {"sizeLimit": scratch}}]
    mounts: list[dict[str, Any]] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    for index, (secret, folder) in enumerate(sorted(around.folders.items())):
        source = {"secretName": secret, "defaultMode": 0o440}
        volumes.append({"name": f"access-{index}", "secret": source})
        mounts.append({"name": f"access-{index}", "mountPath": folder, "readOnly": True})
    return volumes, mounts


def add_secrets(
    volumes: list[dict[str, Any]],
    mounts: list[dict[str, Any]],
    around: Surroundings,
    secrets: tuple[str, ...],
) -> None:
    """Mount the secrets that a step names, and no others, as files."""
    if not secrets or around.secret_prefix is None:
        return
    sources = [
        {
            "secret": {
                "name": secret_object(around.secret_prefix, name),
                "items": [{"key": around.secret_key, "path": name, "mode": 0o440}],
            }
        }
        for name in secrets
    ]
    volumes.append({"name": "secrets", "projected": {"sources": sources}})
    mounts.append({"name": "secrets", "mountPath": SECRETS, "readOnly": True})
