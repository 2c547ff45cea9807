"""Serve registered models through KServe, as InferenceServices that only the cluster reaches.

KServe's own initializer cannot fetch from an MLflow server that asks for a password, so a container
of ours puts the model where KServe's runtimes look for it.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from fairlead.adapters import kubernetes_serving as serving
from fairlead.adapters.kubernetes_permissions import calls
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.model_deployer import KserveModelDeployerContract
from fairlead.errors import BackendError
from fairlead.ports.model_deployer import Endpoint, EndpointState
from fairlead.ports.model_registry import RegisteredModel
from fairlead.ports.permissions import Permission

_VERSION = "serving.kserve.io/v1beta1"
_KIND = "inference_service"

#: Where KServe's runtimes look for a model.
_FOLDER = str(PurePosixPath("/", "mnt", "models"))


class KserveModelDeployer:
    """Deploy models to a cluster that has KServe; needs ``fairlead[kubernetes]``.

    Args:
        contract: Where, by which of KServe's runtimes, and how much of it.
    """

    def __init__(self, contract: KserveModelDeployerContract) -> None:
        self._contract = contract
        self._objects = serving.Objects(contract.pods)
        self._manifest: StackManifest | None = None

    def bind(self, manifest: StackManifest) -> None:
        """Take note of the stack, whose registry the models come from."""
        self._manifest = manifest

    def permissions(self) -> tuple[Permission, ...]:
        """Return what the deployer's role has to allow."""
        verbs = {"inferenceservices.serving.kserve.io={name}": ["create", "get", "patch", "delete"]}
        return tuple(calls(self._contract.pods.namespace, "deployer", verbs))

    def deploy(self, endpoint: str, model: RegisteredModel) -> Endpoint:
        """Serve a version of a model; KServe rolls it out.

        Args:
            endpoint: The endpoint's name, which is its InferenceService's.
            model: The version.

        Raises:
            PipelineError: The name is not possible.
            CapabilityError: The stack has no registry that pods can fetch models from.
            BackendError: The cluster refused, or has no KServe.
        """
        name = serving.checked(endpoint)
        try:
            self._objects.apply(_KIND, self._service(name, model))
        except BackendError as error:
            if getattr(error.__cause__, "status", None) == 404:  # noqa: PLR2004 - Not Found
                raise BackendError(
                    f"{self._objects.cluster.where} cannot serve {name!r} through KServe: the "
                    "cluster has no InferenceServices. Have KServe installed, or take the flavor "
                    "mlflow of model_deployer."
                ) from error
            raise
        found = self.status(name)
        if found is None:
            raise BackendError(f"endpoint {name!r} was deleted while it was being made.")
        return found

    def status(self, endpoint: str) -> Endpoint | None:
        """Return how an endpoint stands, as KServe says; None if there is none.

        Args:
            endpoint: The endpoint's name.
        """
        live = self._objects.read(_KIND, serving.checked(endpoint))
        if live is None:
            return None
        notes, status = live["metadata"]["annotations"], live.get("status", {})
        conditions = {item["type"]: item for item in status.get("conditions", ())}
        ready = conditions.get("Ready", {})
        current = status.get("observedGeneration", 0) >= live["metadata"]["generation"]
        state, reason = EndpointState.UPDATING, str(ready.get("message", ""))
        if current and ready.get("status") == "True":
            state, reason = EndpointState.READY, ""
        failure = status.get("modelStatus", {}).get("lastFailureInfo", {})
        transition = status.get("modelStatus", {}).get("transitionStatus")
        if current and transition in {"BlockedByFailedLoad", "InvalidSpec"}:
            state, reason = EndpointState.FAILED, str(failure.get("message", reason))
        inside = f"http://{endpoint}-predictor.{self._contract.pods.namespace}.svc.cluster.local"
        where = status.get("address", {}).get("url", inside)
        url = f"{where.rstrip('/')}/v2/models/{endpoint}/infer"
        return Endpoint(endpoint, notes[serving.MODEL], notes[serving.VERSION], url, state, reason)

    def delete(self, endpoint: str) -> None:
        """End an endpoint; KServe takes away what it made for it.

        Args:
            endpoint: The endpoint's name; one that is not there is no mistake.
        """
        self._objects.delete(_KIND, serving.checked(endpoint))

    def _service(self, name: str, model: RegisteredModel) -> Any:
        contract = self._contract
        metadata = serving.about(name, model, contract.pods)
        metadata["labels"] |= {
            # Each mode reads its own.
            "networking.kserve.io/visibility": "cluster-local",
            "networking.knative.dev/visibility": "cluster-local",
        }
        metadata["annotations"] |= {
            "serving.kserve.io/deploymentMode": contract.deployment_mode,
            "sidecar.istio.io/inject": "false",
        }
        size = serving.amounts(contract.cpu, contract.memory)
        source = serving.registry(self._manifest)
        fetch = serving.fetching(model, source, contract.pods, contract.image, _FOLDER)
        locked = {key: fetch[key] for key in ("securityContext",)}
        runtime = {"runtime": contract.runtime} if contract.runtime else {}
        return {
            "apiVersion": _VERSION, "kind": "InferenceService", "metadata": metadata,
            "spec": {
                "predictor": {
                    **serving.pod(contract.pods),
                    "labels": {**contract.pods.labels, "fairlead/endpoint": name},
                    "minReplicas": contract.min_replicas,
                    "maxReplicas": contract.max_replicas,
                    "initContainers": [{**fetch, "resources": size}],
                    "model": {
                        "modelFormat": {"name": "mlflow"},
                        "protocolVersion": "v2",
                        **runtime,
                        **locked,
                        "resources": size,
                        "volumeMounts": [
                            {"name": "model", "mountPath": _FOLDER, "readOnly": True},
                            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                        ],
                    },
                }
            },
        }  # fmt: skip
