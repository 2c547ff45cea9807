"""Run each attempt of a step in a Job of a cluster; needs ``fairlead[kubernetes]``."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster, PodWatch
from fairlead.adapters.kubernetes_jobs import SETTINGS, Owner, selector, step_job
from fairlead.adapters.kubernetes_names import step_job as job_name
from fairlead.adapters.kubernetes_permissions import calls
from fairlead.adapters.kubernetes_pods import PULL, read
from fairlead.adapters.kubernetes_ranks import Ranks, name_pods
from fairlead.adapters.kubernetes_surroundings import surroundings
from fairlead.capabilities import Capabilities
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.step_operator import KubernetesStepOperatorContract
from fairlead.errors import BackendError
from fairlead.graph import StepOptions
from fairlead.ports.attempt import Attempt, AttemptReport, AttemptStatus
from fairlead.ports.permissions import Permission
from fairlead.runtime.session import split_run_uri

#: Seconds between looks at attempts that do not start, and after which one is asked about.
_LOOK, _DOUBT = 5.0, 20.0

#: Seconds after which a registry that does not give an image is not waited for any longer.
_PULL_SECONDS = 60.0


@dataclass(slots=True)
class _Job:
    """What is known of one attempt's job."""

    run: str
    submitted: float
    report: AttemptReport = field(default_factory=lambda: AttemptReport(AttemptStatus.PENDING))
    ranks: Ranks = field(default_factory=Ranks)
    problem: str | None = None
    asked: float = 0.0


class KubernetesStepOperator:
    """Start attempts as Jobs and learn of their ends by one watch.

    Args:
        contract: Where, and with what defaults.
    """

    outlives_runner = True

    def __init__(self, contract: KubernetesStepOperatorContract) -> None:
        self.contract = contract
        self.capabilities = Capabilities(
            "kubernetes", cpu=True, memory=True, gpu=True, gpu_type=True, disk=True, image=True,
            settings=SETTINGS, distributed=frozenset({"torchrun", "dask", "ray"}),
        )  # fmt: skip
        self.cluster = Cluster(contract.pods.context, contract.pods.namespace)
        self._manifest: StackManifest | None = None
        self._jobs: dict[str, _Job] = {}
        self._pending: set[str] = set()
        self._watches: dict[str, PodWatch] = {}
        self._changed: list[str] = []
        self._next_look = 0.0
        self._owner = None
        if job := os.environ.get("FAIRLEAD_JOB"):
            self._owner = Owner(job, os.environ["FAIRLEAD_JOB_UID"])

    def bind(self, manifest: StackManifest) -> None:
        """Learn what reaches the stack's other components."""
        self._manifest = manifest

    def refuses(self, options: StepOptions) -> str | None:
        """Return why a step could never run here: it asks for more than the contract allows."""
        asked = options.resources
        wants = (
            (asked.cpu, self.contract.max_cpu, "cores"),
            (asked.memory_bytes, self.contract.max_memory, "bytes of memory"),
            (asked.gpu, self.contract.max_gpu, "accelerators"),
        )
        over = [
            f"{wanted:g} {unit} where a step may have {most:g}"
            for wanted, most, unit in wants
            if wanted is not None and most is not None and wanted > most
        ]
        if over:
            return (
                f"it asks for {' and '.join(over)}. Ask for less, name another step operator, or "
                "raise max_cpu, max_memory or max_gpu in the stack's config."
            )
        if asked.gpu_type is not None and asked.gpu_type not in self.contract.gpu_types:
            known = ", ".join(sorted(self.contract.gpu_types)) or "none"
            return (
                f"it asks for accelerators of type {asked.gpu_type!r}; the step operator knows "
                f"{known}. Say which nodes have them in the stack's config: `gpu_types: "
                f"{{{asked.gpu_type}: {{LABEL: VALUE}}}}`, with the labels of these nodes."
            )
        if options.secrets and self._around().secret_prefix is None:
            return (
                "it reads secrets, which pods of this stack cannot: bind a secret_store of flavor "
                f"kubernetes in namespace {self.contract.pods.namespace!r}"
            )
        if options.distributed is not None and self.contract.pods.host_network:
            return (
                "it is distributed, and its pods would share the ports of their node: set "
                "host_network: false for this step operator"
            )
        return None

    def admits(self, running: list[StepOptions], candidate: StepOptions) -> bool:  # noqa: ARG002
        """Leave queueing to the cluster."""
        return True

    def submit(self, attempt: Attempt) -> str:
        """Create the attempt's Job, or take the one that an earlier runner created."""
        _, run = split_run_uri(attempt.run_uri)
        if attempt.image is None and self.contract.image is None:
            raise BackendError(
                f"step {attempt.step!r} has no image to run in: `fairlead image build` makes one"
            )
        name = job_name(run, attempt.step, attempt.number)
        if run not in self._watches:
            self._watches[run] = self.cluster.watch(selector(run, "step"))
        self._jobs[name] = _Job(run, time.monotonic(), ranks=Ranks(attempt.options.nodes))
        self._pending.add(name)
        job = step_job(attempt, run, self.contract, self._around(), self._owner)
        try:
            made = self.cluster.create_job(job)
            if attempt.options.distributed is not None:
                name_pods(self.cluster, job, made)
        except BackendError:
            self._pending.discard(name)
            del self._jobs[name]
            raise
        return name

    def status(self, reference: str) -> AttemptReport:
        """Return how an attempt stands, as far as was told."""
        job = self._jobs.get(reference)
        return job.report if job is not None else AttemptReport(AttemptStatus.UNKNOWN)

    def cancel(self, reference: str) -> None:
        """Delete the Job and its pod."""
        job = self._jobs.get(reference)
        if job is None or job.report.status is AttemptStatus.ENDED:
            return
        self.cluster.delete_job(reference, grace=0)
        self._end(reference, "it was cancelled")

    def changes(self, timeout: float) -> list[str]:
        """Wait for what the watches tell."""
        until = time.monotonic() + max(0.0, timeout)
        while True:
            for watch in self._watches.values():
                self._drain(watch)
            if time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + _LOOK
                self._look_at_pending()
            left = until - time.monotonic()
            if self._changed or left <= 0:
                changed, self._changed = list(dict.fromkeys(self._changed)), []
                return changed
            self._wait(min(left, _LOOK))

    def permissions(self) -> tuple[Permission, ...]:
        """Return what the runner needs to start attempts, watch them and end them."""
        verbs = {
            "jobs.batch": ["create"],
            "jobs.batch={name}": ["get", "delete"],
            "pods": ["list", "watch"],
            "events": ["list"],
            "services": ["create"],
        }
        return tuple(calls(self.contract.pods.namespace, "runner", verbs))

    def close(self) -> None:
        """Stop watching; what runs goes on."""
        for watch in self._watches.values():
            watch.close()
        self._watches.clear()

    def _around(self) -> Any:
        return surroundings(self.contract.pods, self._manifest, "step")

    def _wait(self, seconds: float) -> None:
        if len(self._watches) == 1:
            (watch,) = self._watches.values()
            try:
                kind, told = watch.events.get(timeout=seconds)
            except queue.Empty:
                return
            self._heard(kind, told)
        else:
            time.sleep(min(seconds, 0.2))

    def _drain(self, watch: PodWatch) -> None:
        while True:
            try:
                kind, told = watch.events.get_nowait()
            except queue.Empty:
                return
            self._heard(kind, told)

    def _heard(self, kind: str, told: Mapping[str, Any]) -> None:
        if kind == "FAILED":
            error: BackendError = told["error"]
            raise error
        if kind == "LISTED":
            present = set(told["names"])
            for name, job in self._jobs.items():
                if job.ranks.missing(present):
                    self._end(name, "the pod is gone, and nobody saw why")
            return
        name = told["metadata"]["labels"].get("batch.kubernetes.io/job-name", "")
        known = self._jobs.get(name)
        if known is None or known.report.status is AttemptStatus.ENDED:
            return
        reading = known.ranks.hear(told, read(told, deleted=kind == "GONE"))
        known.problem = reading.problem
        before, known.report = known.report.status, reading.report
        if reading.hopeless and reading.problem:
            self._give_up(name, reading.problem, retryable=False)
        elif reading.report.status is not before:
            self._changed.append(name)
        if known.report.status is not AttemptStatus.PENDING:
            self._pending.discard(name)

    def _end(self, name: str, reason: str | None, *, retryable: bool = True) -> None:
        job = self._jobs[name]
        if job.report.status is not AttemptStatus.ENDED:
            job.report = AttemptReport(AttemptStatus.ENDED, reason, retryable=retryable)
            self._changed.append(name)
        self._pending.discard(name)

    def _give_up(self, name: str, problem: str, *, retryable: bool) -> None:
        waited = time.monotonic() - self._jobs[name].submitted
        self.cluster.delete_job(name, grace=0)
        self._end(name, f"the pod did not start in {waited:.0f} s: {problem}", retryable=retryable)

    def _look_at_pending(self) -> None:
        """Give up attempts that wait too long, and ask about those nothing was told of."""
        now = time.monotonic()
        for name in list(self._pending):
            job = self._jobs[name]
            waited = now - job.submitted
            pulls = job.problem is not None and job.problem.startswith(PULL)
            if waited > (_PULL_SECONDS if pulls else self.contract.pending_seconds):
                problem = job.problem or self._warning(name, job) or "the cluster does not say why"
                self._give_up(name, problem, retryable=True)
            elif job.problem is None and waited > _DOUBT and now - job.asked > _DOUBT:
                job.asked = now
                self._doubt(name, job)

    def _doubt(self, name: str, job: _Job) -> None:
        if not job.ranks.pods:
            found = self.cluster.job(name)
            if found is None:
                self._end(name, "its job was deleted: by a person, or with its namespace")
                return
            for condition in found.get("status", {}).get("conditions") or ():
                if condition["status"] == "True" and condition["type"] in ("Complete", "Failed"):
                    ended_well = condition["type"] == "Complete"
                    self._end(name, None if ended_well else condition.get("message"))
                    return
        warning = self._warning(name, job)
        if warning and "exceeded quota" not in warning and _final(warning):
            self._give_up(name, warning, retryable=False)

    def _warning(self, name: str, job: _Job) -> str | None:
        waits = [job.ranks.pods.get(rank) for rank in job.ranks.waiting()]
        found = self.cluster.warnings(next((pod for pod in waits if pod), name))
        return found[-1] if found else None


def _final(warning: str) -> bool:
    """Say whether a warning about a pod that does not come up is one that waiting will not cure."""
    return any(
        sign in warning
        for sign in ("violates PodSecurity", "is forbidden", "not found", "is invalid", "denied")
    )
