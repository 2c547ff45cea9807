"""The S3 server's pod: what prepares the bucket, and what serves it."""

from __future__ import annotations

from typing import Any

import pulumi

from fairlead_components.kubernetes.defaults import container_security, pod_security

PORT = 7070

#: Makes the bucket by writing the server's own records of it, before the server starts.
_PREPARE = (
    'mkdir -p "/data/objects/$BUCKET" "/data/metadata/$BUCKET/meta"; '
    "for file in acl ownership policy; do "
    'cat "/bucket/$file" > "/data/metadata/$BUCKET/meta/$file"; done'
)


def selector(name: str) -> dict[str, str]:
    """Return the labels by which the server's service finds its pod."""
    return {"app.kubernetes.io/name": name}


def server(
    name: str,
    *,
    image: pulumi.Input[str],
    bucket: str,
    resources: dict[str, Any],
    volume: str,
    storage_class: pulumi.Input[str] | None,
) -> Any:
    """Return the specification of the stateful set.

    Args:
        name: The server's name, its service's and the beginning of its secrets'.
        image: What it runs in.
        bucket: The one bucket.
        resources: What its containers get.
        volume: How much room it has, as the API writes it.
        storage_class: The volume's class.
    """
    mounts = [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    common = {
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": container_security(),
        "resources": resources,
    }
    command = ["versitygw", "--port", f":{PORT}", "--health", "/health", "--quiet"]
    folders = ["--sidecar", "/data/metadata"]
    probe = {"httpGet": {"path": "/health", "port": PORT}, "periodSeconds": 5}
    root = {"name": f"{name}-server"}
    serving = {
        **common,
        "name": "versitygw",
        "command": [*command, "--iam-dir", "/accounts", "posix", *folders, "/data/objects"],
        "env": [
            {"name": variable, "valueFrom": {"secretKeyRef": {**root, "key": key}}}
            for variable, key in (("ROOT_ACCESS_KEY", "account"), ("ROOT_SECRET_KEY", "root"))
        ],
        "ports": [{"name": "s3", "containerPort": PORT}],
        "readinessProbe": probe,
        "livenessProbe": {**probe, "periodSeconds": 20},
        "volumeMounts": [*mounts, {"name": "accounts", "mountPath": "/accounts"}],
    }
    prepare = {
        **common,
        "name": "bucket",
        "command": ["sh", "-ec", _PREPARE],
        "env": [{"name": "BUCKET", "value": bucket}],
        "volumeMounts": [*mounts, {"name": "bucket", "mountPath": "/bucket"}],
    }
    users = {"items": [{"key": "users.json", "path": "users.json"}]}
    storage = {"storageClassName": storage_class} if storage_class else {}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": volume}},
        **storage,
    }
    kept = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    return {
        "serviceName": name,
        "replicas": 1,
        "persistentVolumeClaimRetentionPolicy": kept,
        "selector": {"matchLabels": selector(name)},
        "template": {
            "metadata": {"labels": {**selector(name), "fairlead-function": "store"}},
            "spec": {
                "automountServiceAccountToken": False,
                "securityContext": pod_security(),
                "initContainers": [prepare],
                "containers": [serving],
                "volumes": [
                    {"name": "tmp", "emptyDir": {}},
                    {"name": "bucket", "configMap": {"name": f"{name}-bucket"}},
                    {"name": "accounts", "secret": {"secretName": f"{name}-server", **users}},
                ],
            },
        },
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
    }
