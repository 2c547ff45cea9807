"""The port through which registered models are served."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from fairlead.ports.model_registry import RegisteredModel


class EndpointState(Enum):
    """Say whether an endpoint answers."""

    UPDATING = "updating"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Say what is served where.

    Attributes:
        name: The endpoint's name.
        model: The name of the model that was deployed last.
        version: Its version.
        url: Where it answers, within the network of the stack.
        state: ``READY`` once that version answers and no other does.
        reason: What hinders it, in words.
    """

    name: str
    model: str
    version: str
    url: str
    state: EndpointState
    reason: str = ""


@runtime_checkable
class ModelDeployer(Protocol):
    """Serve versions of models under names that stay."""

    def deploy(self, endpoint: str, model: RegisteredModel) -> Endpoint:
        """Serve a version at an endpoint, instead of what it serves; returns before it is ready."""
        ...

    def status(self, endpoint: str) -> Endpoint | None:
        """Return how an endpoint stands; None if there is none."""
        ...

    def delete(self, endpoint: str) -> None:
        """End an endpoint; one that is not there is no mistake."""
        ...
