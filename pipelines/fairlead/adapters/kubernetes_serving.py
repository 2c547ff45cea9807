"""What every deployer of models in a cluster has in common: names, labels, the model's way in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster
from fairlead.adapters.kubernetes_pod_parts import GROUP, base_pod, make_container
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.model_registry import MlflowModelRegistryContract
from fairlead.contracts.pods import Pods
from fairlead.errors import BackendError, CapabilityError, PipelineError
from fairlead.ports.model_registry import RegisteredModel

#: Whose fields those are that we apply.
MANAGER = "fairlead"

#: The annotations that tell which version an object serves.
MODEL, VERSION = "fairlead/model", "fairlead/version"

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,48}[a-z0-9])?")
_APPLY = "application/apply-patch+yaml"

#: Kind, as the client's methods call it → the client's API of it.
_APIS = {
    "service": "CoreV1Api",
    "deployment": "AppsV1Api",
    "horizontal_pod_autoscaler": "AutoscalingV2Api",
    "pod_disruption_budget": "PolicyV1Api",
    "inference_service": "CustomObjectsApi",
}
_CUSTOM = {
    "inference_service": {
        "group": "serving.kserve.io", "version": "v1beta1", "plural": "inferenceservices",
    }
}  # fmt: skip


def checked(endpoint: str) -> str:
    """Return an endpoint's name; it is a name in DNS.

    Raises:
        PipelineError: It cannot be one.
    """
    if not _NAME.fullmatch(endpoint):
        raise PipelineError(
            f"endpoint name {endpoint!r} is not possible: lower-case letters, digits and '-', up "
            "to 50 of them, from a letter to a letter or digit."
        )
    return endpoint


def about(endpoint: str, model: RegisteredModel, pods: Pods) -> dict[str, Any]:
    """Return the metadata of an object that serves a model."""
    return {
        "name": endpoint,
        "namespace": pods.namespace,
        "labels": {
            "app.kubernetes.io/name": endpoint,
            "app.kubernetes.io/managed-by": MANAGER,
            "fairlead/endpoint": endpoint,
        },
        "annotations": {MODEL: model.name, VERSION: model.version, "fairlead/digest": model.digest},
    }


def registry(manifest: StackManifest | None) -> MlflowModelRegistryContract:
    """Return the stack's registry, which the models come from.

    Raises:
        CapabilityError: The stack has none that pods can fetch models from.
    """
    found = manifest.components.get("model_registry", {}) if manifest is not None else {}
    if found.get("flavor") != "mlflow":
        raise CapabilityError(
            "models are served from an MLflow model registry, and the stack has none: add "
            "`model_registry: {}` to its components."
        )
    return MlflowModelRegistryContract.model_validate(found)


def fetching(
    model: RegisteredModel, source: MlflowModelRegistryContract, pods: Pods, image: str, path: str
) -> dict[str, Any]:
    """Return the container that fetches a model's files; what serves them has no credentials.

    Args:
        model: The version.
        source: The registry.
        pods: What the contract says of all pods.
        image: An image with MLflow.
        path: The folder, a volume ``model``, that they are put into.
    """
    program = ["python3", "-m", "mlflow", "artifacts", "download"]
    wanted = ["--artifact-uri", f"models:/{model.name}/{model.version}", "--dst-path", path]
    container = make_container("fetch", image, pods, [*program, *wanted])
    env: list[dict[str, Any]] = plain(
        {"HOME": "/tmp", "MLFLOW_DISABLE_TELEMETRY": "true",  # noqa: S108
         "MLFLOW_TRACKING_URI": source.registry_uri},
    )  # fmt: skip
    if secret := source.credentials_secrets.get("serving"):
        for variable, key in (("USERNAME", "username"), ("PASSWORD", "password")):
            reference = {"secretKeyRef": {"name": secret, "key": key}}
            env.append({"name": f"MLFLOW_TRACKING_{variable}", "valueFrom": reference})
    mounts = [{"name": "model", "mountPath": path}, {"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    return {**container, "env": env, "volumeMounts": mounts}


def plain(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return variables as a container has them."""
    return [{"name": name, "value": value} for name, value in values.items()]


def pod(pods: Pods) -> dict[str, Any]:
    """Return what every serving pod has besides: no token, a user of no rights, its volumes."""
    spec = base_pod(pods)
    spec["securityContext"] |= {"runAsUser": GROUP, "runAsGroup": GROUP}
    spec["automountServiceAccountToken"] = False
    spec["volumes"] = [{"name": "model", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]
    if pods.node_selector:
        spec["nodeSelector"] = pods.node_selector
    return spec


def amounts(cpu: float, memory: int) -> dict[str, Any]:
    """Return what a replica gets, which is also the most."""
    given = {"cpu": f"{round(cpu * 1000)}m", "memory": str(memory)}
    return {"requests": given, "limits": given}


class Objects:
    """Apply and delete objects of a namespace, of the kinds that the deployer's role names.

    Args:
        pods: Where.
    """

    def __init__(self, pods: Pods) -> None:
        self.cluster = Cluster(pods.context, pods.namespace)

    def apply(self, kind: str, document: Mapping[str, Any]) -> None:
        """Write an object as it is to be; a field that its kind does not have is refused."""
        self._ask(
            "apply", "patch", kind, document["metadata"]["name"], body=dict(document),
            field_manager=MANAGER, force=True, field_validation="Strict", _content_type=_APPLY,
        )  # fmt: skip

    def read(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return an object; None if there is none."""
        return self._unless_gone("read", "get" if kind in _CUSTOM else "read", kind, name)

    def delete(self, kind: str, name: str) -> None:
        """Delete an object and what belongs to it; one that is not there is no mistake."""
        self._unless_gone("delete", "delete", kind, name)

    def _unless_gone(self, word: str, verb: str, kind: str, name: str) -> dict[str, Any] | None:
        try:
            return self._ask(word, verb, kind, name)
        except BackendError as error:
            if getattr(error.__cause__, "status", None) == 404:  # noqa: PLR2004 - Not Found
                return None
            raise

    def _ask(self, word: str, verb: str, kind: str, name: str, **options: Any) -> dict[str, Any]:
        where = {"namespace": self.cluster.namespace, "name": name, **_CUSTOM.get(kind, {})}
        method = f"{verb}_namespaced_{'custom_object' if kind in _CUSTOM else kind}"
        what = f"{word} {kind.replace('_', ' ')} {name}"
        found: dict[str, Any] = self.cluster.ask(what, _APIS[kind], method, **where, **options)
        return found
