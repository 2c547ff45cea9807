"""Walk runs in a Job of a cluster: submit and walk away; needs ``fairlead[kubernetes]``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster
from fairlead.adapters.kubernetes_jobs import runner_job, selector
from fairlead.adapters.kubernetes_permissions import calls
from fairlead.adapters.kubernetes_pods import Reading, read
from fairlead.adapters.kubernetes_surroundings import surroundings
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.orchestrator import KubernetesOrchestratorContract
from fairlead.errors import BackendError, CapabilityError
from fairlead.ports.attempt import AttemptStatus
from fairlead.ports.orchestrator import RunReference
from fairlead.ports.permissions import Identity, Permission
from fairlead.ports.step_operator import StepOperator
from fairlead.runtime.session import split_run_uri

_RUNNERS = 100
_PEOPLE: tuple[Identity, ...] = ("submitter", "reader", "maintainer")


class KubernetesOrchestrator:
    """Start a runner's Job for each run.

    Args:
        contract: Where, and with what.
    """

    def __init__(self, contract: KubernetesOrchestratorContract) -> None:
        self.contract = contract
        self.cluster = Cluster(contract.pods.context, contract.pods.namespace)
        self._manifest: StackManifest | None = None

    def bind(self, manifest: StackManifest) -> None:
        """Learn what reaches the stack's other components."""
        self._manifest = manifest

    def operator(self) -> StepOperator:
        """Refuse: a runner has rights that steps must not have, so steps need their own.

        Raises:
            CapabilityError: Always; the stack's step operator ``default`` takes these steps.
        """
        raise CapabilityError(
            "the stack has no step operator 'default' for steps that name none: add "
            "`step_operators: {default: {flavor: kubernetes}}` to its components"
        )

    def submit(self, run: RunReference) -> str:
        """Create the runner's Job; a run whose runner has given up gets a further one.

        Raises:
            BackendError: The cluster refuses, or there is no image.
        """
        if (self.contract.image or run.image) is None:
            raise BackendError(
                "there is no image for the runner: `fairlead image build` makes one for the stack"
            )
        _, run_id = split_run_uri(run.run_uri)
        around = surroundings(self.contract.pods, self._manifest, "runner")
        for number in range(1, _RUNNERS):
            job = runner_job(run, run_id, self.contract, around, number)
            name: str = job["metadata"]["name"]
            if self.cluster.create_job(job) is not None:
                return name
            found = self.cluster.job(name)
            if found is None or not _failed(found):
                return name
        raise BackendError(f"run {run_id} was gone on with {_RUNNERS} times: start a new one")

    def alive(self, run: RunReference) -> bool | None:
        """Say whether another pod walks the run, or will."""
        _, run_id = split_run_uri(run.run_uri)
        me = os.environ.get("FAIRLEAD_POD")
        pods, _ = self.cluster.pods(selector(run_id, "runner"))
        for pod in pods:
            ended = read(pod).report.status is AttemptStatus.ENDED
            if pod["metadata"]["name"] != me and not ended:
                return True
        if me is not None:
            return False
        return any(not _done(job) for job in self.cluster.jobs(selector(run_id, "runner")))

    def problem(self, run: RunReference) -> str | None:
        """Return why no runner walks the run, or will; None while there is hope."""
        _, run_id = split_run_uri(run.run_uri)
        jobs = self.cluster.jobs(selector(run_id, "runner"))
        if any(_succeeded(job) for job in jobs):
            return None
        if not jobs:
            return "its job is gone: deleted by a person, or with its namespace"
        pods, _ = self.cluster.pods(selector(run_id, "runner"))
        readings = [read(pod) for pod in pods]
        if not all(_done(job) for job in jobs):
            return self._hindrance(jobs, readings)
        told = [r.report for r in readings if r.report.status is AttemptStatus.ENDED]
        return f"{told[-1].reason}\n{told[-1].log_tail}".strip() if told else "its job has failed"

    def _hindrance(self, jobs: list[dict[str, Any]], readings: list[Reading]) -> str | None:
        """Return what will never let the pod of a job start that has not ended."""
        hopeless = [r.problem for r in readings if r.hopeless and r.problem]
        if hopeless:
            return f"its pod does not start: {hopeless[-1]}"
        if readings:
            return None
        newest = max(jobs, key=lambda job: str(job["metadata"]["creationTimestamp"]))
        warnings = self.cluster.warnings(newest["metadata"]["name"])
        refused = [warning for warning in warnings if "exceeded quota" not in warning]
        return f"its pod cannot be made: {refused[-1]}" if refused else None

    def waiting(self, run: RunReference) -> str | None:
        """Return what keeps the runner's pod from starting, while that may pass."""
        _, run_id = split_run_uri(run.run_uri)
        pods, _ = self.cluster.pods(selector(run_id, "runner"))
        readings = [read(pod) for pod in pods]
        problems = [reading.problem for reading in readings if reading.problem]
        if problems:
            return problems[-1]
        died = [reading.report for reading in readings if reading.report.reason]
        if not died:
            return None
        last_line = died[-1].log_tail.strip().rpartition("\n")[2]
        return f"to be started again ({len(died)} died: {died[-1].reason} {last_line})".rstrip()

    def cancel(self, run: RunReference) -> None:
        """Delete the runner's Job; its steps' Jobs, which it owns, go with it."""
        _, run_id = split_run_uri(run.run_uri)
        for job in self.cluster.jobs(selector(run_id, "runner")):
            self.cluster.delete_job(job["metadata"]["name"])

    def permissions(self) -> tuple[Permission, ...]:
        """Return what starting, watching and cancelling runs needs, and looking with kubectl."""
        namespace = self.contract.pods.namespace
        asks = {"jobs.batch": ["list"], "pods": ["list"], "events": ["list"]}
        starts = {"jobs.batch": ["create"], "jobs.batch={name}": ["get", "delete"]}
        # `kubectl get`, `describe`, `logs -f` and `wait`, on what the labels of a run select.
        sees = {
            "jobs.batch": ["list", "watch"],
            "jobs.batch={name}": ["get"],
            "pods": ["list", "watch"],
            "pods={name}": ["get"],
            "pods/log={name}": ["get"],
            "events": ["list", "watch"],
        }
        return (
            *calls(namespace, "submitter", starts),
            *calls(namespace, "runner", asks),
            *(one for who in _PEOPLE for one in calls(namespace, who, sees)),
        )


def _condition(job: Mapping[str, Any], kind: str) -> bool:
    conditions = job.get("status", {}).get("conditions") or ()
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def _failed(job: Mapping[str, Any]) -> bool:
    return _condition(job, "Failed")


def _succeeded(job: Mapping[str, Any]) -> bool:
    return _condition(job, "Complete")


def _done(job: Mapping[str, Any]) -> bool:
    return _failed(job) or _succeeded(job)
