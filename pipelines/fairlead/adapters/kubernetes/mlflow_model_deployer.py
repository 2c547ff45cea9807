"""Serve registered models by MLflow's own server, from deployments of a cluster.

An endpoint is a deployment, a service, an autoscaler where load decides, and a disruption budget
where there is more than one replica. A new version takes over replica by replica: none is stopped
before another answers, and none while requests may still reach it.
"""

from __future__ import annotations

from typing import Any

from fairlead.adapters import kubernetes_serving as serving
from fairlead.adapters.kubernetes_permissions import calls
from fairlead.adapters.kubernetes_pod_parts import make_container
from fairlead.adapters.kubernetes_pods import read
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.model_deployer import MlflowModelDeployerContract
from fairlead.errors import BackendError
from fairlead.ports.model_deployer import Endpoint, EndpointState
from fairlead.ports.model_registry import RegisteredModel
from fairlead.ports.permissions import Permission

_APPS, _AUTOSCALING, _POLICY = "apps/v1", "autoscaling/v2", "policy/v1"
_FOLDER = "/model"

#: Seconds for which a stopping replica still answers: no proxy of the cluster learns of it at once.
_LINGER = 10


class MlflowModelDeployer:
    """Deploy models to the cluster that the contract names; needs ``fairlead[kubernetes]``.

    Args:
        contract: What serves, where, and how much of it.

    Example:
        >>> deployer = stack.adapter("model_deployer")  # doctest: +SKIP
        >>> deployer.deploy("digits", registry.get("digits", "champion"))  # doctest: +SKIP
    """

    def __init__(self, contract: MlflowModelDeployerContract) -> None:
        self._contract = contract
        self._objects = serving.Objects(contract.pods)
        self._manifest: StackManifest | None = None

    def bind(self, manifest: StackManifest) -> None:
        """Take note of the stack, whose registry the models come from."""
        self._manifest = manifest

    def permissions(self) -> tuple[Permission, ...]:
        """Return what the deployer's role has to allow."""
        kinds = ("deployments.apps", "services", "horizontalpodautoscalers.autoscaling",
                 "poddisruptionbudgets.policy")  # fmt: skip
        verbs = {f"{kind}={{name}}": ["create", "get", "patch", "delete"] for kind in kinds}
        return tuple(calls(self._contract.pods.namespace, "deployer", {**verbs, "pods": ["list"]}))

    def deploy(self, endpoint: str, model: RegisteredModel) -> Endpoint:
        """Serve a version of a model; the one before answers until this one does.

        Args:
            endpoint: The endpoint's name, which is its service's.
            model: The version.

        Raises:
            PipelineError: The name is not possible.
            CapabilityError: The stack has no registry that pods can fetch models from.
            BackendError: The cluster refused.
        """
        name = serving.checked(endpoint)
        metadata = serving.about(name, model, self._contract.pods)
        selector = {"fairlead/endpoint": name}
        ports = [{"name": "http", "port": self._contract.port, "protocol": "TCP"}]
        self._objects.apply("service", {
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": {"selector": selector, "ports": ports},
        })  # fmt: skip
        if self._contract.min_replicas > 1:
            self._objects.apply("pod_disruption_budget", {
                "apiVersion": _POLICY, "kind": "PodDisruptionBudget", "metadata": metadata,
                "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector}},
            })  # fmt: skip
        self._objects.apply("deployment", self._deployment(name, metadata, model))
        if self._contract.max_replicas > self._contract.min_replicas:
            self._objects.apply("horizontal_pod_autoscaler", self._autoscaler(name, metadata))
        found = self.status(name)
        if found is None:
            raise BackendError(f"endpoint {name!r} was deleted while it was being made.")
        return found

    def status(self, endpoint: str) -> Endpoint | None:
        """Return how an endpoint stands; None if there is none.

        Args:
            endpoint: The endpoint's name.
        """
        live = self._objects.read("deployment", serving.checked(endpoint))
        if live is None:
            return None
        notes = live["metadata"]["annotations"]
        status, wanted = live.get("status", {}), live["spec"].get("replicas", 1)
        current = status.get("observedGeneration", 0) >= live["metadata"]["generation"]
        counts = [status.get(f"{kind}Replicas", 0) for kind in ("updated", "available")]
        done = current and counts == [wanted, wanted] and status.get("replicas") == wanted
        state, reason = EndpointState.READY if done else EndpointState.UPDATING, ""
        if not done:
            reason, hopeless = self._problem(endpoint, notes[serving.VERSION])
            stuck = any(c.get("reason") == "ProgressDeadlineExceeded"
                        for c in status.get("conditions", ()))  # fmt: skip
            state = EndpointState.FAILED if current and (hopeless or stuck) else state
        namespace, port = self._contract.pods.namespace, self._contract.port
        return Endpoint(
            endpoint, notes[serving.MODEL], notes[serving.VERSION],
            f"http://{endpoint}.{namespace}.svc:{port}/invocations", state, reason,
        )  # fmt: skip

    def delete(self, endpoint: str) -> None:
        """End an endpoint and all that it consists of.

        Args:
            endpoint: The endpoint's name; one that is not there is no mistake.
        """
        name = serving.checked(endpoint)
        for kind in ("horizontal_pod_autoscaler", "pod_disruption_budget", "service", "deployment"):
            self._objects.delete(kind, name)

    def _problem(self, endpoint: str, version: str) -> tuple[str, bool]:
        """Say what hinders the replicas of a version, and whether waiting will not help."""
        chosen = f"fairlead/endpoint={endpoint},fairlead/version={version}"
        for pod in self._objects.cluster.pods(chosen)[0]:
            for kind, what in (("initContainer", "fetched"), ("container", "served")):
                status = (pod.get("status", {}).get(f"{kind}Statuses") or [{}])[0]
                last = status.get("lastState", {}).get("terminated")
                if last is not None and not status.get("ready"):
                    tail = str(last.get("message", "")).strip()[-500:]
                    return f"the model cannot be {what}: {tail}", False
            reading = read(pod)
            if reading.problem:
                return reading.problem, reading.hopeless
        return "", False

    def _deployment(self, name: str, metadata: dict[str, Any], model: RegisteredModel) -> Any:
        contract = self._contract
        image, size = contract.image, serving.amounts(contract.cpu, contract.memory)
        source = serving.registry(self._manifest)
        fetch = serving.fetching(model, source, contract.pods, image, _FOLDER)
        command = [
            "python3", "-m", "mlflow", "models", "serve", "--model-uri", _FOLDER, "--env-manager",
            "local", "--host", "0.0.0.0", "--port", str(contract.port), "--workers", "1",  # noqa: S104
        ]  # fmt: skip
        asked = {"httpGet": {"path": "/ping", "port": contract.port}, "timeoutSeconds": 5}
        serve = {
            **make_container("model", image, contract.pods, command),
            "env": serving.plain({"HOME": "/tmp", "MLFLOW_DISABLE_TELEMETRY": "true",  # noqa: S108
                                  **contract.pods.environment}),
            "resources": size,
            "ports": [{"name": "http", "containerPort": contract.port, "protocol": "TCP"}],
            "startupProbe": {**asked, "periodSeconds": 3, "failureThreshold": 100},
            "readinessProbe": {**asked, "periodSeconds": 5},
            "livenessProbe": {**asked, "periodSeconds": 20},
            "lifecycle": {"preStop": {"sleep": {"seconds": _LINGER}}},
            "volumeMounts": [
                {"name": "model", "mountPath": _FOLDER, "readOnly": True},
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
            ],
        }  # fmt: skip
        labels = {**contract.pods.labels, "fairlead/endpoint": name,
                  "fairlead/version": model.version}  # fmt: skip
        fixed = contract.max_replicas == contract.min_replicas
        return {
            "apiVersion": _APPS, "kind": "Deployment", "metadata": metadata,
            "spec": {
                # Where load decides, the number is the autoscaler's.
                **({"replicas": contract.min_replicas} if fixed else {}),
                "selector": {"matchLabels": {"fairlead/endpoint": name}},
                "strategy": {"type": "RollingUpdate",
                             "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "template": {
                    "metadata": {"labels": labels, "annotations": metadata["annotations"]},
                    "spec": {
                        **serving.pod(contract.pods),
                        "initContainers": [{**fetch, "resources": size}],
                        "containers": [serve],
                    },
                },
            },
        }  # fmt: skip

    def _autoscaler(self, name: str, metadata: dict[str, Any]) -> Any:
        contract = self._contract
        target = {"type": "Utilization", "averageUtilization": contract.target_cpu_percent}
        return {
            "apiVersion": _AUTOSCALING, "kind": "HorizontalPodAutoscaler", "metadata": metadata,
            "spec": {
                "scaleTargetRef": {"apiVersion": _APPS, "kind": "Deployment", "name": name},
                "minReplicas": contract.min_replicas,
                "maxReplicas": contract.max_replicas,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            },
        }  # fmt: skip
