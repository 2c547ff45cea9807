"""The pods of a distributed attempt: one job with an index for each rank, and names to meet by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster
from fairlead.adapters.kubernetes_pods import DELETED, Reading
from fairlead.errors import BackendError
from fairlead.ports.attempt import AttemptReport, AttemptStatus

#: The port at which rank 0 is found; the one that PyTorch's launcher takes by default.
PORT = 29500

#: The label by which network policies let ranks reach each other, and no other steps.
DISTRIBUTED = "fairlead/distributed"

#: Seconds that a rank has to end when the attempt has: nothing that it does counts any more.
_GRACE = 5

_PENDING = AttemptStatus.PENDING
_JOB = "batch.kubernetes.io/job-name"
_INDEX = "batch.kubernetes.io/job-completion-index"


#: Where libraries look for memory that processes share.
_SHARED = "/dev/shm"  # noqa: S108 - a volume of the pod's own


def service_name(job: str) -> str:
    """Return the name of the service that gives a job's pods names; it begins with a letter.

    Example:
        >>> service_name("01kaew8j00abcdefghjkmnpqrs-train-sgat4s2him-1")
        'r-01kaew8j00abcdefghjkmnpqrs-train-sgat4s2him-1'
    """
    return f"r-{job}"


def distribute(job: dict[str, Any], nodes: int, memory: int) -> dict[str, Any]:
    """Return a step's job with a pod for each rank: if one fails, the job fails and all end.

    Args:
        job: The job of one pod.
        nodes: How many ranks there are.
        memory: Bytes that a pod may use; half of them may be memory that its processes share.

    Source:
        https://kubernetes.io/docs/tasks/job/job-with-pod-to-pod-communication/
    """
    name, service = job["metadata"]["name"], service_name(job["metadata"]["name"])
    template = job["spec"]["template"]
    (container,) = template["spec"]["containers"]
    container = {
        **container,
        "command": [
            *container["command"], "--rank", "$(JOB_COMPLETION_INDEX)", "--nodes", str(nodes),
            "--head", f"{name}-0.{service}:{PORT}",
        ],
        "volumeMounts": [*container["volumeMounts"], {"name": "shm", "mountPath": _SHARED}],
    }  # fmt: skip
    shared = {"medium": "Memory", "sizeLimit": str(memory // 2)}
    pod = {
        **template["spec"],
        "subdomain": service,
        "terminationGracePeriodSeconds": _GRACE,
        "containers": [container],
        "volumes": [*template["spec"]["volumes"], {"name": "shm", "emptyDir": shared}],
    }
    labels = {**template["metadata"]["labels"], DISTRIBUTED: "true"}
    spec = {
        **job["spec"],
        "completionMode": "Indexed",
        "completions": nodes,
        "parallelism": nodes,
        "template": {"metadata": {**template["metadata"], "labels": labels}, "spec": pod},
    }
    return {**job, "spec": spec}


def name_pods(cluster: Cluster, job: Mapping[str, Any], made: Mapping[str, Any] | None) -> None:
    """Make the service by which a job's pods find each other; one that is there is taken.

    Args:
        cluster: Where.
        job: The job, as it was asked for.
        made: The job as the cluster made it; None if an earlier runner had it made.

    Raises:
        BackendError: The service cannot be made; the job is deleted again.
    """
    name = job["metadata"]["name"]
    made = made or cluster.job(name)
    if made is None:
        raise BackendError(f"job {name} was deleted as soon as it was made")
    manifest = service(job, made["metadata"]["uid"])
    try:
        cluster.core(
            f"make service {service_name(name)}", "create_namespaced_service", body=manifest
        )
    except BackendError as error:
        if getattr(error.__cause__, "status", None) != 409:  # noqa: PLR2004 - Conflict
            cluster.delete_job(name, grace=0)
            raise


def service(job: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """Return the headless service of a job's pods; it goes with the job.

    Args:
        job: The job.
        uid: The id that the cluster gave it.
    """
    about = job["metadata"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": about["name"], "uid": uid}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": service_name(about["name"]),
            "namespace": about["namespace"],
            "labels": about["labels"],
            "ownerReferences": [owner],
        },
        "spec": {
            "clusterIP": "None",
            "selector": {_JOB: about["name"]},
            "ports": [{"name": "head", "port": PORT}],
            # Ranks look for each other before any of them is ready.
            "publishNotReadyAddresses": True,
        },
    }


@dataclass(slots=True)
class Ranks:
    """What was told of the pods of one attempt.

    Attributes:
        nodes: How many there will be.
        pods: Pod by rank.
        readings: What the newest state of each means.
        leaving: Ranks whose pods are being deleted, in order: the first takes the others along.
    """

    nodes: int = 1
    pods: dict[int, str] = field(default_factory=dict)
    readings: dict[int, Reading] = field(default_factory=dict)
    leaving: list[int] = field(default_factory=list)

    def hear(self, pod: Mapping[str, Any], reading: Reading) -> Reading:
        """Take note of a pod's state, and say what it means for the attempt.

        Args:
            pod: The pod.
            reading: What its state means for its rank.
        """
        rank = int(pod["metadata"]["labels"].get(_INDEX, 0))
        self.pods[rank] = pod["metadata"]["name"]
        self.readings[rank] = reading
        if self.nodes == 1:
            return reading
        if pod["metadata"].get("deletionTimestamp") and rank not in self.leaving:
            self.leaving.append(rank)
        report = reading.report
        if report.status is AttemptStatus.ENDED and report.reason is not None:
            if rank in self.leaving and rank != (first := self.leaving[0]):
                rank, report = first, AttemptReport(AttemptStatus.ENDED, DELETED)
            reason = f"rank {rank} of {self.nodes}: {report.reason}"
            return replace(reading, report=replace(report, reason=reason))
        return self._together()

    def missing(self, present: set[str]) -> bool:
        """Say whether a pod is gone that was there, and had not ended well."""
        return any(
            pod not in present and self.readings[rank].report.status is not AttemptStatus.ENDED
            for rank, pod in self.pods.items()
        )

    def waiting(self) -> list[int]:
        """Return the ranks whose pods wait for something."""
        waits = (r for r, told in self.readings.items() if told.report.status is _PENDING)
        return sorted(waits)

    def _together(self) -> Reading:
        status = [self.readings[rank].report.status for rank in sorted(self.readings)]
        if 0 in self.readings and status[0] is AttemptStatus.ENDED:  # it waits for the others
            return self.readings[0]
        if len(status) == self.nodes and _PENDING not in status:
            return Reading(AttemptReport(AttemptStatus.RUNNING))
        hindered = next((r for r in self.readings.values() if r.problem is not None), None)
        return hindered or Reading(AttemptReport(_PENDING))
