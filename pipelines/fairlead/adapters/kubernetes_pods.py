"""Read a pod's status: whether it waits, runs or has ended, and why, in words for a person."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.graph import MORE_MEMORY
from fairlead.ports.attempt import AttemptReport, AttemptStatus

#: Reasons for which a container waits that no waiting will cure.
_HOPELESS = frozenset({"InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"})
_PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"})
#: How the problem of an image begins that may yet be pulled, once its registry answers.
PULL = "its image cannot be pulled"
#: Why a pod ended that left no other word.
DELETED = "the pod was deleted: by a person, a drained node or its namespace's end"
_NO_SUCH_IMAGE = re.compile(r"(?i)not ?found|manifest unknown|unauthorized|denied|forbidden")

_DISRUPTIONS = {
    "PreemptionByScheduler": "it made room for a pod of higher priority",
    "DeletionByTaintManager": "its node was lost or drained",
    "EvictionByEvictionAPI": "it was evicted: its node was drained",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "its node ran short of something or was shut down",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Say what a pod's status means for the attempt in it.

    Attributes:
        report: How the attempt stands.
        problem: Why it does not start, if something hinders it.
        hopeless: Whether waiting will not help.
    """

    report: AttemptReport
    problem: str | None = None
    hopeless: bool = False


def read(pod: Mapping[str, Any], *, deleted: bool = False) -> Reading:
    """Say how the attempt stands that runs in a pod.

    Args:
        pod: The pod, as the API server gives it.
        deleted: Whether this is the last that was seen of it.

    Example:
        >>> read({"status": {"phase": "Running"}}).report.status.value
        'running'
    """
    status: Mapping[str, Any] = pod.get("status", {})
    containers = status.get("containerStatuses") or [{}]
    state = containers[0].get("state", {})
    terminated = state.get("terminated")
    disruption = _condition(status, "DisruptionTarget")
    if status.get("phase") == "Succeeded" or (terminated and terminated.get("exitCode") == 0):
        return _ended(None)
    lost = disruption is not None and disruption.get("reason") == "DeletionByTaintManager"
    if status.get("phase") == "Failed" or terminated or deleted or lost:
        return _dead(pod, status, terminated, disruption)
    if status.get("phase") == "Running":
        return Reading(AttemptReport(AttemptStatus.RUNNING))
    problem, hopeless = _waits(status, state.get("waiting") or {})
    return Reading(AttemptReport(AttemptStatus.PENDING), problem, hopeless)


def _ended(reason: str | None, tail: str = "", *, retryable: bool = True) -> Reading:
    return Reading(AttemptReport(AttemptStatus.ENDED, reason, tail, retryable))


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == kind:
            found: Mapping[str, Any] = condition
            return found
    return None


def _dead(  # noqa: PLR0911 - one for each way to die
    pod: Mapping[str, Any],
    status: Mapping[str, Any],
    terminated: Mapping[str, Any] | None,
    disruption: Mapping[str, Any] | None,
) -> Reading:
    terminated = terminated or {}
    said, tail = _last_words(terminated.get("message") or "")
    node = pod.get("spec", {}).get("nodeName", "its node")
    if status.get("reason") == "Evicted":
        why = str(status.get("message", "")).strip().rstrip(".")
        return _ended(f"the pod was evicted from {node}: {why}", tail)
    if terminated.get("reason") == "OOMKilled":
        return _ended(
            f"the step ran out of memory (OOMKilled): it may use {_memory(pod)}; {MORE_MEMORY}",
            tail,
        )
    if disruption is not None and disruption.get("status") == "True":
        why = _DISRUPTIONS.get(str(disruption.get("reason")), str(disruption.get("message")))
        return _ended(f"the pod on {node} was stopped: {why}", tail)
    if status.get("reason") == "DeadlineExceeded":
        return _ended("the job's deadline passed", tail)
    if said is not None:
        return _ended(said, tail)
    if terminated.get("reason") in {"StartError", "ContainerCannotRun"}:
        return _ended(
            f"the container could not start: {terminated.get('message', '').strip()}. Does the "
            "image have python3 and fairlead? `fairlead image build` makes one that has.",
            retryable=False,
        )
    if "exitCode" not in terminated:
        return _ended(DELETED)
    return _ended(f"the step's container {_exit(terminated['exitCode'])}", tail)


def _exit(code: int) -> str:
    if code > 128:  # noqa: PLR2004 - 128 + the signal's number
        try:
            return f"was ended by {signal.Signals(code - 128).name} (status {code})"
        except ValueError:
            pass
    return f"ended with status {code}"


def _last_words(message: str) -> tuple[str | None, str]:
    """Return the reason and the last lines that a supervised process left, or a log's tail."""
    try:
        said = json.loads(message)
        return str(said["reason"]), str(said["log_tail"])
    except (ValueError, TypeError, KeyError):
        return None, message


def _memory(pod: Mapping[str, Any]) -> str:
    limits = pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    limit = limits.get("memory", "no more than its node has")
    return f"{int(limit) / 2**20:g} MiB" if str(limit).isdigit() else str(limit)


def _waits(status: Mapping[str, Any], waiting: Mapping[str, Any]) -> tuple[str | None, bool]:
    scheduled = _condition(status, "PodScheduled")
    if scheduled is not None and scheduled.get("status") == "False":
        return f"no node takes it: {scheduled.get('message', '').strip()}", False
    reason, message = waiting.get("reason"), str(waiting.get("message", "")).strip()
    if reason in _PULL:
        return f"{PULL}: {message}", bool(_NO_SUCH_IMAGE.search(message))
    if reason in _HOPELESS:
        return f"its container cannot be made ({reason}): {message}", True
    return None, False
