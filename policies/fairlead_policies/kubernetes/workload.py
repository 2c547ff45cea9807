"""What runs pods: Deployments, StatefulSets, DaemonSets, Jobs, CronJobs and Pods themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead_policies.conditions import SECRET_NAME, require, undecided
from fairlead_policies.images import judge_image
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_TEMPLATE = "spec.template.spec"
#: Where each type holds the pod's specification.
WORKLOADS = {
    "kubernetes:apps/v1:Deployment": _TEMPLATE,
    "kubernetes:apps/v1:StatefulSet": _TEMPLATE,
    "kubernetes:apps/v1:DaemonSet": _TEMPLATE,
    "kubernetes:apps/v1:ReplicaSet": _TEMPLATE,
    "kubernetes:batch/v1:Job": _TEMPLATE,
    "kubernetes:batch/v1:CronJob": "spec.jobTemplate.spec.template.spec",
    "kubernetes:core/v1:Pod": "spec",
}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def containers(workload: Resource) -> Iterator[tuple[str, Any]]:
    """Yield each container with its path."""
    root = WORKLOADS[workload.type]
    for kind in _CONTAINERS:
        for index, one in enumerate(workload.each(f"{root}.{kind}")):
            yield f"{root}.{kind}[{index}]", one


@rule("K8S-POD-01", *WORKLOADS)
def is_not_privileged(workload: Resource, _stack: Stack) -> Problems:
    """Refuse privileged containers and gaining privileges, which is allowed by default."""
    problems: Problems = []
    for path, one in containers(workload):
        privileged, escalation = (
            f"{path}.securityContext.{name}" for name in ("privileged", "allowPrivilegeEscalation")
        )
        problems += require(
            lookup(one, "securityContext.privileged"),
            lambda v: v is not True,
            privileged,
            f"`{privileged}` must not be true",
        )
        problems += require(
            lookup(one, "securityContext.allowPrivilegeEscalation"),
            lambda v: v is False,
            escalation,
            f"`{escalation}` must be false",
        )
    return problems


@rule("K8S-POD-02", *WORKLOADS)
def uses_nothing_of_the_host(workload: Resource, _stack: Stack) -> Problems:
    """Refuse the host's network, processes and files."""
    root = WORKLOADS[workload.type]
    problems: Problems = []
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        path = f"{root}.{name}"
        problems += require(
            workload.get(path), lambda v: v is not True, path, f"`{path}` must not be true"
        )
    for index, volume in enumerate(workload.each(f"{root}.volumes")):
        path = f"{root}.volumes[{index}].hostPath"
        if volume is UNKNOWN:
            problems.append(undecided(path))
        elif lookup(volume, "hostPath") is not None:
            problems.append(Violation(f"`{path}` must be absent"))
    return problems


@rule("K8S-POD-04", *WORKLOADS)
def images_are_pinned(workload: Resource, stack: Stack) -> Problems:
    """Require images by tag or digest, from allowed registries, by digest in production."""
    return [
        problem
        for path, one in containers(workload)
        for problem in judge_image(
            lookup(one, "image"), f"{path}.image", stack.settings, pinned=True
        )
    ]


@rule("K8S-POD-05", *WORKLOADS)
def environment_holds_no_secrets(workload: Resource, _stack: Stack) -> Problems:
    """Refuse literal secrets among the environment's variables."""
    problems: Problems = []
    for path, one in containers(workload):
        for index, variable in enumerate(each(lookup(one, "env"))):
            name, value = lookup(variable, "name"), lookup(variable, "value")
            if not isinstance(name, str) or not SECRET_NAME.search(name) or not value:
                continue
            where = f"{path}.env[{index}].value"
            problems.append(
                undecided(where)
                if value is UNKNOWN
                else Violation(f"`{where}` holds a secret: use `valueFrom`")
            )
    return problems
