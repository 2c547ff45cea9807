"""What containers of any workload may do, and what they ask for."""

from __future__ import annotations

from typing import Any

from fairlead_policies.conditions import require
from fairlead_policies.kubernetes.workload import WORKLOADS, containers
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_SECCOMP = {"RuntimeDefault", "Localhost"}


def _own_or_pods(container: Any, workload: Resource, name: str) -> Any:
    """Return a part of the security context: the container's, else the pod's."""
    own = lookup(container, f"securityContext.{name}")
    pods = workload.get(f"{WORKLOADS[workload.type]}.securityContext.{name}")
    return pods if own is None else own


@rule("K8S-POD-03", *WORKLOADS)
def is_restricted(workload: Resource, _stack: Stack) -> Problems:
    """Require no root, no capabilities and a seccomp profile, of the pod or each container."""
    problems: Problems = []
    for path, one in containers(workload):
        context = f"{path}.securityContext"
        root, dropped = f"{context}.runAsNonRoot", f"{context}.capabilities.drop"
        profile = f"{context}.seccompProfile.type"
        problems += require(
            _own_or_pods(one, workload, "runAsNonRoot"),
            lambda v: v is True,
            root,
            f"`{root}` must be true",
        )
        problems += require(
            lookup(one, "securityContext.capabilities.drop"),
            lambda v: "ALL" in each(v),
            dropped,
            f"`{dropped}` must hold ALL",
        )
        problems += require(
            _own_or_pods(one, workload, "seccompProfile.type"),
            lambda v: v in _SECCOMP,
            profile,
            f"`{profile}` must be RuntimeDefault or Localhost",
        )
    return problems


@rule("K8S-POD-06", *WORKLOADS)
def has_limits(workload: Resource, _stack: Stack) -> Problems:
    """Require processors to be asked for and memory to be limited; debugging has neither."""
    problems: Problems = []
    for path, one in containers(workload):
        if ".ephemeralContainers[" in path:
            continue
        wanted = {
            "requests.cpu": ("requests.cpu", "limits.cpu"),  # a limit alone is the request, too
            "limits.memory": ("limits.memory",),
        }
        for name, places in wanted.items():
            given = [lookup(one, f"resources.{place}") for place in places]
            if not any(value is UNKNOWN or value for value in given):
                problems.append(Violation(f"`{path}.resources.{name}` must be set"))
    return problems
