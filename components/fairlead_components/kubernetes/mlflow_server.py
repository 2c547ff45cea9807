"""The MLflow server's pod: what brings tables and accounts up to date, and what serves."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pulumi

from fairlead_components.kubernetes import mlflow_accounts
from fairlead_components.kubernetes.defaults import (
    FUNCTION,
    container_security,
    pod_security,
    to_names,
)
from fairlead_components.kubernetes.mlflow_access import configuration, grants
from fairlead_components.kubernetes.mlflow_database import TRACKER, Database

PORT = 5000


def selector(name: str) -> dict[str, str]:
    """Return the labels by which the server's service finds its pod."""
    return {"app.kubernetes.io/name": name}


def settings(database: str) -> dict[str, str]:
    """Return the files that the server reads; none of them holds a secret.

    Args:
        database: The database's URI, without a password.
    """
    return {
        "auth.ini": configuration(database),
        "grants.json": grants(),
        "mlflow_accounts.py": Path(mlflow_accounts.__file__).read_text(encoding="utf-8"),
    }


def server(
    name: str,
    *,
    image: pulumi.Input[str],
    hosts: list[pulumi.Input[str]],
    database: Database,
    files: pulumi.Input[dict[str, str]],
    resources: dict[str, Any],
) -> Any:
    """Return the specification of the deployment.

    Args:
        name: The server's name, its service's and the beginning of its secrets'.
        image: What it runs in.
        hosts: The names that clients may ask for it by.
        database: Where its records are.
        files: What ``settings`` returned.
        resources: What its containers get.
    """
    fixed: dict[str, Any] = {
        "HOME": "/tmp",  # noqa: S108 - the pod's own empty volume
        "MLFLOW_AUTH_CONFIG_PATH": "/settings/auth.ini",
        "MLFLOW_BACKEND_STORE_URI": database.uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        # Jobs of the server's own would run code and keep files beside it.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_SERVER_ALLOWED_HOSTS": pulumi.Output.all(*hosts).apply(",".join),
    }
    env = [{"name": variable, "value": value} for variable, value in fixed.items()]
    # PostgreSQL's library reads it by itself: no address ever holds the password.
    password = {"secretKeyRef": {"name": database.secret, "key": database.key}}
    env.append({"name": "PGPASSWORD", "valueFrom": password})
    mounts = [{"name": "tmp", "mountPath": "/tmp"}, {"name": "settings", "mountPath": "/settings"}]  # noqa: S108
    common = {
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": container_security(),
        "resources": resources,
    }
    program = ["python3", "/settings/mlflow_accounts.py", "/settings/grants.json", "/passwords"]
    prepare = {
        **common,
        "name": "accounts",
        "command": program,
        "env": env,
        "volumeMounts": [*mounts, {"name": "passwords", "mountPath": "/passwords"}],
    }
    signing = {"secretKeyRef": {"name": f"{name}-server", "key": "signing"}}
    listen = ["--host", "0.0.0.0", "--port", str(PORT), "--workers", "2"]  # noqa: S104
    files_at = ["--serve-artifacts", "--artifacts-destination", "/artifacts"]
    asked = {"httpGet": {"path": "/health", "port": PORT}, "timeoutSeconds": 5}
    serving = {
        **common,
        "name": "mlflow",
        "command": [
            "python3", "-m", "mlflow", "server", "--app-name", "basic-auth", *listen, *files_at,
        ],
        "env": [*env, {"name": "MLFLOW_FLASK_SERVER_SECRET_KEY", "valueFrom": signing}],
        "ports": [{"name": "http", "containerPort": PORT}],
        "startupProbe": {**asked, "periodSeconds": 3, "failureThreshold": 100},
        "readinessProbe": {**asked, "periodSeconds": 5},
        "livenessProbe": {**asked, "periodSeconds": 20, "failureThreshold": 5},
        "volumeMounts": [*mounts, {"name": "artifacts", "mountPath": "/artifacts"}],
    }  # fmt: skip
    return {
        "replicas": 1,
        # Its volume can be on one node alone.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": selector(name)},
        "template": {
            "metadata": {
                "labels": {**selector(name), FUNCTION: TRACKER},
                # Other settings take effect with a new pod.
                "annotations": {
                    "fairlead/settings": pulumi.Output.from_input(files).apply(_digest)
                },
            },
            "spec": {
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "securityContext": pod_security(),
                "initContainers": [prepare],
                "containers": [serving],
                "volumes": [
                    {"name": "tmp", "emptyDir": {}},
                    {"name": "settings", "configMap": {"name": f"{name}-settings"}},
                    {
                        "name": "artifacts",
                        "persistentVolumeClaim": {"claimName": f"{name}-artifacts"},
                    },
                    {"name": "passwords", "secret": {"secretName": f"{name}-accounts"}},
                ],
            },
        },
    }


def network_policy(name: str, egress: list[dict[str, Any]]) -> Any:
    """Return who may reach the server and what it may reach.

    Args:
        name: The server's name.
        egress: The rules of where its database is.
    """
    callers = ["runner", "step", "deployer", "serving"]
    calling = {"matchExpressions": [{"key": FUNCTION, "operator": "In", "values": callers}]}
    return {
        "podSelector": {"matchLabels": selector(name)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"from": [{"podSelector": calling}], "ports": [{"protocol": "TCP", "port": PORT}]}
        ],
        "egress": [*egress, to_names()],
    }


def _digest(files: dict[str, str]) -> str:
    listed = "\0".join(f"{name}\0{content}" for name, content in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
