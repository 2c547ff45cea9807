"""The step operator passes, on a real cluster, the suite that every step operator passes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from fairlead.adapters.kubernetes.kubernetes_step_operator import KubernetesStepOperator
from fairlead.binding import bind
from fairlead.contracts.manifest import StackManifest
from fairlead.graph import Resources
from fairlead.ports.attempt import AttemptReport, AttemptStatus
from fairlead.testing import distributed_semantics, semantics
from fairlead.testing.step_operator import StepOperatorSuite
from kubernetes_stacks import KubernetesStack

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def operator_of(manifest: StackManifest) -> KubernetesStepOperator:
    operator = bind(manifest=manifest).adapter("step_operator", "default")
    assert isinstance(operator, KubernetesStepOperator)
    return operator


class TestKubernetesStepOperator(StepOperatorSuite):
    patience: ClassVar[float] = 120.0
    CHOSEN: ClassVar[str] = "batch.kubernetes.io/job-name"

    @pytest.fixture
    def stack(self, kubernetes_stack: KubernetesStack) -> StackManifest:
        return kubernetes_stack.manifest()

    @pytest.fixture
    def operator(self, stack: StackManifest) -> Iterator[KubernetesStepOperator]:  # type: ignore[override]
        operator = operator_of(stack)
        yield operator
        operator.close()

    def test_the_same_attempt_again_is_taken_up(
        self, operator: KubernetesStepOperator, stack: StackManifest
    ) -> None:
        """A runner that takes over starts nothing twice, whether the job runs or has ended."""
        run = self.record(semantics.arithmetic, stack, start=5)
        first = operator.submit(run.attempt("number"))
        other = operator_of(stack)
        try:
            assert other.submit(run.attempt("number")) == first
            assert self.ended(other, first).reason is None
            third = operator_of(stack)
            assert self.ended(third, third.submit(run.attempt("number"))).reason is None
            third.close()
        finally:
            other.close()
        assert len(run.recorded("number")) == 1

    def dies(self, stack: StackManifest, step: str = "number", **changes: Any) -> AttemptReport:
        operator = operator_of(stack)
        try:
            run = self.record(semantics.arithmetic, stack, start=5)
            attempt = run.attempt(step)
            resources = changes.pop("resources", None)
            if resources is not None:
                options = attempt.options.model_copy(update={"resources": resources})
                changes["options"] = options
            return self.ended(operator, operator.submit(replace(attempt, **changes)))
        finally:
            operator.close()

    def test_an_image_that_is_not_there(self, stack: StackManifest) -> None:
        report = self.dies(stack, image="10.96.0.1:1/nothing@sha256:" + "0" * 64)
        assert "image cannot be pulled" in (report.reason or "")

    def test_a_step_that_no_node_can_take(self, kubernetes_stack: KubernetesStack) -> None:
        impatient = kubernetes_stack.manifest(pending_seconds=10)
        report = self.dies(impatient, resources=Resources(cpu=60))
        assert "did not start in 1" in (report.reason or "")
        assert "Insufficient cpu" in (report.reason or "")

    def test_a_step_that_needs_more_memory_than_it_asked_for(
        self, kubernetes_stack: KubernetesStack
    ) -> None:
        report = self.dies(kubernetes_stack.manifest(), resources=Resources(memory="24Mi"))
        assert "ran out of memory" in (report.reason or "")

    def test_a_pod_that_a_person_deletes(self, kubernetes_stack: KubernetesStack) -> None:
        stack = kubernetes_stack.manifest()
        operator = operator_of(stack)
        run = self.record(semantics.waiting, stack, seconds=100)
        self.ended(operator, operator.submit(run.attempt("number")))
        reference = operator.submit(run.attempt("wait_0"))
        until = time.monotonic() + self.patience
        while not run.recorded("wait_0") and time.monotonic() < until:
            operator.changes(0.5)
        chosen = f"batch.kubernetes.io/job-name={reference}"
        kubernetes_stack.kubectl("delete", "pod", "-l", chosen, "--wait=false", "--grace-period=1")
        report = self.ended(operator, reference)
        operator.close()
        assert report.reason
        assert report.retryable

    def test_a_job_that_a_person_deletes(self, kubernetes_stack: KubernetesStack) -> None:
        stack = kubernetes_stack.manifest()
        operator = operator_of(stack)
        run = self.record(semantics.waiting, stack, seconds=100)
        self.ended(operator, operator.submit(run.attempt("number")))
        reference = operator.submit(run.attempt("wait_0"))  # it would still run long after that
        kubernetes_stack.kubectl("delete", "job", reference, "--wait=false")
        report = self.ended(operator, reference)
        operator.close()
        assert report.reason

    @pytest.mark.parametrize("how", ["cancelled", "one is killed"])
    def test_no_rank_is_left_running(self, kubernetes_stack: KubernetesStack, how: str) -> None:
        """Their job ends with the first, and the service goes with the job."""
        stack = kubernetes_stack.manifest()
        operator = operator_of(stack)
        run = self.record(distributed_semantics.lingering, stack, seconds=self.patience * 5)
        reference = operator.submit(run.attempt("linger"))
        until = time.monotonic() + self.patience
        while operator.status(reference).status is not AttemptStatus.RUNNING:
            assert time.monotonic() < until, "the ranks did not start"
            operator.changes(0.5)
        other = operator_of(stack)  # a runner that takes over starts no rank twice
        assert other.submit(run.attempt("linger")) == reference
        other.close()
        if how == "cancelled":
            operator.cancel(reference)
        else:
            killed = f"{self.CHOSEN}={reference},batch.kubernetes.io/job-completion-index=2"
            kubernetes_stack.kubectl("delete", "pod", "-l", killed, "--wait=false")
            report = self.ended(operator, reference)
            assert (report.reason or "").startswith("rank 2 of 3: ")
            assert report.retryable
        ended = time.monotonic()
        chosen, running = f"{self.CHOSEN}={reference}", "status.phase=Running"
        while kubernetes_stack.kubectl(
            "get", "pods", "-l", chosen, "--field-selector", running, "-o", "name"
        ).strip():
            assert time.monotonic() - ended < 45, "ranks go on"
            time.sleep(0.5)
        kubernetes_stack.kubectl("delete", "job", reference, "--ignore-not-found")
        while f"r-{reference}" in kubernetes_stack.kubectl("get", "services", "-o", "name"):
            assert time.monotonic() - ended < 90, "the service is left"
            time.sleep(0.5)
        operator.close()
