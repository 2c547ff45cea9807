"""Ways in which pods fail to start and die are told apart, as API servers report them."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.adapters.kubernetes_pods import read
from fairlead.ports.attempt import AttemptStatus


def pod(phase: str, state: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    limits = {"resources": {"limits": {"memory": str(64 << 20)}}}
    found: dict[str, Any] = {
        "spec": {"nodeName": "node-1", "containers": [limits]},
        "status": {"phase": phase, **status},
    }
    if state is not None:
        found["status"]["containerStatuses"] = [{"state": state}]
    return found


def disrupted(reason: str) -> list[dict[str, str]]:
    return [{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "…"}]


DEAD = {
    "out of memory": (
        pod("Failed", {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
        "ran out of memory (OOMKilled): it may use 64 MiB", True,
    ),
    "evicted": (
        pod("Failed", reason="Evicted", message="The node was low on resource: memory."),
        "evicted from node-1: The node was low on resource: memory", True,
    ),
    "preempted": (
        pod("Failed", {"terminated": {"exitCode": 143}},
            conditions=disrupted("PreemptionByScheduler")),
        "higher priority", True,
    ),
    "node lost": (
        pod("Running", {"running": {}}, conditions=disrupted("DeletionByTaintManager")),
        "node was lost", True,
    ),
    "deadline": (pod("Failed", reason="DeadlineExceeded"), "deadline", True),
    "no python": (
        pod("Failed", {"terminated": {"exitCode": 128, "reason": "StartError",
                                      "message": "exec: python3: not found"}}),
        "could not start: exec: python3: not found", False,
    ),
    "killed": (pod("Failed", {"terminated": {"exitCode": 137}}), "SIGKILL (status 137)", True),
    "said why": (
        pod("Failed", {"terminated": {"exitCode": 139,
                                      "message": '{"reason": "a fault", "log_tail": "bye"}'}}),
        "a fault", True,
    ),
    "status": (pod("Failed", {"terminated": {"exitCode": 4}}), "status 4", True),
}  # fmt: skip


@pytest.mark.parametrize("case", DEAD)
def test_a_death_is_explained(case: str) -> None:
    dead, says, retryable = DEAD[case]
    report = read(dead).report
    assert report.status is AttemptStatus.ENDED
    assert says in (report.reason or "")
    assert report.retryable is retryable


def test_last_words_come_from_the_message_or_the_log() -> None:
    assert read(DEAD["said why"][0]).report.log_tail == "bye"
    logged = pod("Failed", {"terminated": {"exitCode": 1, "message": "fairlead: no store"}})
    assert read(logged).report.log_tail == "fairlead: no store"


def test_a_deleted_pod_has_ended() -> None:
    report = read(pod("Running", {"running": {}}), deleted=True).report
    assert report.status is AttemptStatus.ENDED
    assert "deleted" in (report.reason or "")


def test_success_has_no_reason() -> None:
    done = read(pod("Succeeded", {"terminated": {"exitCode": 0}}), deleted=True)
    assert done.report.status is AttemptStatus.ENDED
    assert done.report.reason is None


WAITS = {
    "no such image": ("ErrImagePull", "manifest unknown: not found", "image", True),
    "registry away": ("ImagePullBackOff", "dial tcp: timeout", "image", False),
    "bad name": ("InvalidImageName", "couldn't parse", "InvalidImageName", True),
    "no secret": ("CreateContainerConfigError", 'secret "x" not found', 'secret "x"', True),
}


@pytest.mark.parametrize("case", WAITS)
def test_what_keeps_a_pod_from_starting_is_told(case: str) -> None:
    reason, message, says, hopeless = WAITS[case]
    reading = read(pod("Pending", {"waiting": {"reason": reason, "message": message}}))
    assert reading.report.status is AttemptStatus.PENDING
    assert says in (reading.problem or "")
    assert reading.hopeless is hopeless


def test_unschedulable_says_what_nodes_lack() -> None:
    lacks = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
             "message": "0/1 nodes are available: 1 Insufficient cpu."}  # fmt: skip
    reading = read(pod("Pending", conditions=[lacks]))
    assert "1 Insufficient cpu" in (reading.problem or "")
    assert not reading.hopeless


def test_creating_is_no_problem() -> None:
    assert read(pod("Pending", {"waiting": {"reason": "ContainerCreating"}})).problem is None
