"""What a step operator is asked to run, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fairlead.graph import StepOptions


class AttemptStatus(StrEnum):
    """Say what a backend knows of an attempt; what it produced is in the store."""

    PENDING = "pending"
    RUNNING = "running"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Say everything a backend needs to start one attempt of one step.

    Attributes:
        run_uri: The run's address: the store's URL and ``runs/<date>/<run>``.
        run_digest: ``sha256:…`` of run.json, verified before anything is imported.
        step: The node's id in the graph.
        number: 1 for the first attempt.
        options: Resources, environment, secrets, timeout and settings, as the graph holds them.
        image: The digest-pinned image to run in; None on backends without images.
        labels: What a person who only knows the backend can find the attempt by.
    """

    run_uri: str
    run_digest: str
    step: str
    number: int
    options: StepOptions
    image: str | None
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """Say how an attempt stands.

    Attributes:
        status: What the backend says.
        reason: Why it ended without having written its end, in words for a person.
        log_tail: The last lines that it printed, where the backend still has them.
        retryable: Whether a further attempt may fare better (lost node), or not (bad image).
    """

    status: AttemptStatus
    reason: str | None = None
    log_tail: str = ""
    retryable: bool = True
