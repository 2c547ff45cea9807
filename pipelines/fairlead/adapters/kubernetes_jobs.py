"""Compile attempts and runs to Jobs: pure functions from what is asked to a manifest.

Pods obey the ``restricted`` pod security standard: no root, no capabilities, a read-only root file
system; a step's pod has no token of the API server at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.adapters import kubernetes_names as names
from fairlead.adapters.kubernetes_pod_parts import (
    add_secrets,
    make_container,
    make_environment,
    make_pod,
    make_volumes,
)
from fairlead.adapters.kubernetes_ranks import distribute
from fairlead.adapters.kubernetes_surroundings import SECRETS, Surroundings
from fairlead.contracts.orchestrator import KubernetesOrchestratorContract
from fairlead.contracts.pods import Pods
from fairlead.contracts.step_operator import KubernetesStepOperatorContract
from fairlead.graph import quantity
from fairlead.ports.attempt import Attempt
from fairlead.ports.orchestrator import RunReference

#: What a step may set under ``settings={"kubernetes": {…}}``.
SETTINGS = frozenset(
    {"node_selector", "tolerations", "volumes", "service_account", "priority_class", "labels"}
)

#: The status with which a runner says that the run has ended, though not well: no further pod.
RUN_NOT_SUCCEEDED = 10

_RUN, _STEP, _ATTEMPT, _PIPELINE = (
    "fairlead/run", "fairlead/step", "fairlead/attempt", "fairlead/pipeline",
)  # fmt: skip
_SCRATCH = 4 << 30
_GRACE = 60


@dataclass(frozen=True, slots=True)
class Owner:
    """Name the runner's job, with which its steps' jobs are deleted."""

    name: str
    uid: str


def selector(run: str, component: str) -> str:
    """Return the label selector of a run's pods: ``component`` is ``runner`` or ``step``.

    Example:
        >>> selector("01KAEW8J00ABCDEFGHJKMNPQRS", "step")
        'app.kubernetes.io/component=step,fairlead/run=01KAEW8J00ABCDEFGHJKMNPQRS'
    """
    return f"app.kubernetes.io/component={component},{_RUN}={run}"


def step_job(
    attempt: Attempt,
    run: str,
    contract: KubernetesStepOperatorContract,
    around: Surroundings,
    owner: Owner | None = None,
) -> dict[str, Any]:
    """Return the Job of one attempt.

    Args:
        attempt: What to run.
        run: The run's id.
        contract: Where, and with what defaults.
        around: What reaches the stack's components.
        owner: The runner's job, if the runner is one.
    """
    options, asked = attempt.options, attempt.options.resources
    settings: Mapping[str, Any] = options.settings.get("kubernetes", {})
    memory = str(asked.memory_bytes or contract.memory)
    disk = str(quantity(asked.disk)) if asked.disk else None
    requests: dict[str, str] = {"cpu": f"{asked.cpu or contract.cpu:g}", "memory": memory}
    limits: dict[str, str] = {"memory": memory}
    if disk:
        requests["ephemeral-storage"] = limits["ephemeral-storage"] = disk
    if asked.gpu:
        requests[contract.gpu_resource] = limits[contract.gpu_resource] = str(asked.gpu)
    command = [
        "python3", "-m", "fairlead.runtime", f"{attempt.run_uri}@{attempt.run_digest}",
        attempt.step, "--attempt", str(attempt.number), "--supervise",
    ]  # fmt: skip
    volumes, mounts = make_volumes(around, disk or str(contract.scratch))
    add_secrets(volumes, mounts, around, options.secrets)
    for index, volume in enumerate(settings.get("volumes", ())):
        claim = {"claimName": volume["claim"], "readOnly": volume.get("read_only", False)}
        volumes.append({"name": f"data-{index}", "persistentVolumeClaim": claim})
        mounts.append(
            {"name": f"data-{index}", "mountPath": volume["path"], "readOnly": claim["readOnly"]}
        )
    container = make_container("step", attempt.image or contract.image, contract.pods, command)
    container["resources"] = {"requests": requests, "limits": limits}
    container["volumeMounts"] = mounts
    environment = {**around.environment, **options.environment}
    if options.secrets:
        environment["FAIRLEAD_SECRETS"] = SECRETS
    container["env"], container["envFrom"] = make_environment(around, environment)
    pod = make_pod(contract.pods, container, volumes)
    pod["automountServiceAccountToken"] = False
    pod["nodeSelector"] = {
        **contract.pods.node_selector,
        **contract.gpu_types.get(asked.gpu_type or "", {}),
        **settings.get("node_selector", {}),
    }
    pod["tolerations"] += list(settings.get("tolerations", ()))
    if account := settings.get("service_account"):
        pod["serviceAccountName"] = account
    if priority := settings.get("priority_class"):
        pod["priorityClassName"] = priority
    spec: dict[str, Any] = {"backoffLimit": 0, "ttlSecondsAfterFinished": contract.ttl_seconds}
    if options.timeout is not None:  # the runner counts; this ends what a dead runner left
        spec["activeDeadlineSeconds"] = int(contract.pending_seconds + options.timeout + _GRACE)
    labels = {
        **settings.get("labels", {}), _STEP: names.label(attempt.step),
        _ATTEMPT: str(attempt.number), _PIPELINE: attempt.labels.get(_PIPELINE, ""),
    }  # fmt: skip
    name = names.step_job(run, attempt.step, attempt.number)
    notes = {_RUN: f"{attempt.run_uri}@{attempt.run_digest}", _STEP: attempt.step}
    job = _job(name, "step", run, contract.pods, labels, notes, spec, pod, owner)
    if options.distributed is None:
        return job
    return distribute(job, options.nodes, asked.memory_bytes or contract.memory)


def runner_job(
    reference: RunReference,
    run: str,
    contract: KubernetesOrchestratorContract,
    around: Surroundings,
    number: int = 1,
) -> dict[str, Any]:
    """Return the Job of a run's runner; killed, it is started again and goes on.

    Args:
        reference: The run.
        run: Its id.
        contract: Where, and with what.
        around: What reaches the stack's components.
        number: 1, or more where an earlier one has given up and the run is gone on with.
    """
    command = [
        "python3", "-m", "fairlead.runner", f"{reference.run_uri}@{reference.run_digest}",
        "--restarts",
    ]  # fmt: skip
    volumes, mounts = make_volumes(around, str(_SCRATCH))
    image = contract.image or reference.image
    container = make_container("runner", image, contract.pods, command)
    memory = str(contract.memory)
    container["resources"] = {
        "requests": {"cpu": f"{contract.cpu:g}", "memory": memory},
        "limits": {"memory": memory},
    }
    container["volumeMounts"] = mounts
    container["env"], container["envFrom"] = make_environment(around, around.environment)
    for variable, path in (
        ("FAIRLEAD_POD", "metadata.name"),
        ("FAIRLEAD_JOB", "metadata.labels['batch.kubernetes.io/job-name']"),
        ("FAIRLEAD_JOB_UID", "metadata.labels['batch.kubernetes.io/controller-uid']"),
    ):
        container["env"].append({"name": variable, "valueFrom": {"fieldRef": {"fieldPath": path}}})
    pod = make_pod(contract.pods, container, volumes)
    pod["automountServiceAccountToken"] = True  # the account itself gives none to anybody
    pod["terminationGracePeriodSeconds"] = 15
    pod["nodeSelector"] = dict(contract.pods.node_selector)
    ended = {"containerName": "runner", "operator": "In", "values": [2, RUN_NOT_SUCCEEDED, 130]}
    disrupted = [{"type": "DisruptionTarget", "status": "True"}]
    spec = {
        "backoffLimit": 6,
        "podReplacementPolicy": "Failed",
        "podFailurePolicy": {
            "rules": [
                {"action": "FailJob", "onExitCodes": ended},
                {"action": "Ignore", "onPodConditions": disrupted},
            ]
        },
        "ttlSecondsAfterFinished": contract.ttl_seconds,
    }
    notes = {_RUN: f"{reference.run_uri}@{reference.run_digest}"}
    name = names.runner_job(run, number)
    return _job(name, "runner", run, contract.pods, {}, notes, spec, pod, None)


def _job(  # noqa: PLR0917 - each is a part of the manifest
    name: str,
    component: str,
    run: str,
    pods: Pods,
    labels: Mapping[str, str],
    notes: Mapping[str, str],
    spec: Mapping[str, Any],
    pod: Mapping[str, Any],
    owner: Owner | None,
) -> dict[str, Any]:
    every = {
        **pods.labels,
        **{key: names.plain(value) if key == _PIPELINE else value for key, value in labels.items()},
        "app.kubernetes.io/name": "fairlead",
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/managed-by": "fairlead",
        _RUN: run,
    }
    metadata: dict[str, Any] = {
        "name": name, "namespace": pods.namespace, "labels": every, "annotations": dict(notes),
    }  # fmt: skip
    if owner is not None:
        metadata["ownerReferences"] = [
            {"apiVersion": "batch/v1", "kind": "Job", "name": owner.name, "uid": owner.uid}
        ]
    template = {"metadata": {"labels": every, "annotations": dict(notes)}, "spec": dict(pod)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {**spec, "template": template},
    }
