"""What a pod is given so that it reaches the components of its stack, as the identity that it is.

Nothing here holds a secret's value: pods are given references to Secrets of their namespace, which
the kubelet resolves.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.pods import Pods

_ROOT = "/var/run/fairlead"

#: Where a step's pod finds the secrets that the step names, one file each.
SECRETS = f"{_ROOT}/secrets"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Say what every pod of one identity is given.

    Attributes:
        environment: Variables with their values.
        variables_from: Secrets whose keys are variables.
        variables: Variable → (secret, key).
        folders: Secret → the folder that its keys are files of.
        secret_prefix: What objects of the secret store begin with; None where pods cannot read it.
        secret_key: The key of such an object that holds the value.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    variables_from: tuple[str, ...] = ()
    variables: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    secret_prefix: str | None = None
    secret_key: str = "value"  # noqa: S105 - a key's name


def surroundings(pods: Pods, manifest: StackManifest | None, identity: str) -> Surroundings:
    """Return what pods of an identity need to reach the stack's components.

    Args:
        pods: What the contract says of all pods.
        manifest: The stack; None knows of nothing but ``pods``.
        identity: ``runner`` or ``step``.

    Example:
        >>> store = {"flavor": "s3", "url": "s3://ml", "endpoint_url": "http://s3:7070"}
        >>> manifest = StackManifest.build("k", "kubernetes", {"artifact_store": store})
        >>> pods = Pods(namespace="ml", service_account="step")
        >>> surroundings(pods, manifest, "step").environment["AWS_ENDPOINT_URL"]
        'http://s3:7070'
    """
    components: Mapping[str, Any] = manifest.components if manifest is not None else {}
    environment: dict[str, str] = {}
    folders = dict(pods.secret_folders)
    variables: dict[str, tuple[str, str]] = {}
    store = components.get("artifact_store", {})
    if endpoint := store.get("endpoint_url"):
        name = "AZURE_STORAGE_ENDPOINT" if store.get("flavor") == "blob" else "AWS_ENDPOINT_URL"
        environment[name] = endpoint
    if region := store.get("region"):
        environment["AWS_DEFAULT_REGION"] = region
    if secret := store.get("credentials_secrets", {}).get(identity):
        folders[secret] = f"{_ROOT}/store"
        environment["AWS_SHARED_CREDENTIALS_FILE"] = posixpath.join(folders[secret], "credentials")
    for kind in ("experiment_tracker", "model_registry"):
        if secret := components.get(kind, {}).get("credentials_secrets", {}).get(identity):
            variables["MLFLOW_TRACKING_USERNAME"] = (secret, "username")
            variables["MLFLOW_TRACKING_PASSWORD"] = (secret, "password")
    secrets = components.get("secret_store", {})
    ours = secrets.get("flavor") == "kubernetes" and secrets.get("namespace") == pods.namespace
    return Surroundings(
        environment={**environment, **pods.environment},
        variables_from=pods.environment_secrets,
        variables=variables,
        folders=folders,
        secret_prefix=secrets.get("prefix", "") if ours else None,
        secret_key=secrets.get("data_key", "value"),
    )
