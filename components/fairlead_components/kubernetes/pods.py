"""Where a component's pods run, as its arguments say it and as its contract does.

Runners and steps are jobs that come with the runs: the components of both take the same arguments
of them, and promise them alike.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Optional, cast

import pulumi
from pydantic import BaseModel

from fairlead_components.base import Wire
from fairlead_components.kubernetes.defaults import FUNCTION, check_image, context

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class TolerationArgs:
    """Let pods onto nodes with a taint.

    Attributes:
        key: The taint's key; every taint if not given.
        operator: ``Exists``, or ``Equal`` to compare the value.
        value: The taint's value.
        effect: The taint's effect; every effect if not given.
    """

    key: Optional[str] = None
    operator: Optional[str] = None
    value: Optional[str] = None
    effect: Optional[str] = None


@dataclass(kw_only=True)
class PodsArgs:
    """Say on which nodes pods run.

    Attributes:
        node_selector: Labels that a node must have.
        tolerations: Taints that a node may have.
        priority_class: How pods are preferred when the cluster is full.
        image_pull_secrets: Secrets of the namespace with which images are pulled.
        labels: What pods are labelled with besides our own labels.
    """

    node_selector: Optional[dict[str, str]] = None
    tolerations: Optional[list[TolerationArgs]] = None
    priority_class: Optional[str] = None
    image_pull_secrets: Optional[list[str]] = None
    labels: Optional[dict[str, str]] = None


@dataclass(kw_only=True)
class JobArgs:
    """Say what the jobs of a component run in, where and as whom.

    Attributes:
        image: What they run in, by digest; the image built for the stack if not given.
        cpu: Cores that a job gets; a step may ask for others.
        memory: Bytes that a job may use; a step may ask for others.
        ttl_seconds: How long finished jobs are kept.
        pods: On which nodes they run.
        namespace: Where; the cluster component's if not given.
        service_account: Whom they run as; the identity component's if not given.
        pull_secrets: Secrets that images are pulled with; the registry's if not given.
    """

    image: Optional[pulumi.Input[str]] = None
    cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    ttl_seconds: Optional[pulumi.Input[int]] = field(default=None, metadata={"ge": 0})
    pods: Optional[PodsArgs] = None
    namespace: Optional[pulumi.Input[str]] = None
    service_account: Optional[pulumi.Input[str]] = None
    pull_secrets: Optional[pulumi.Input[list[str]]] = None


def pod_wires(function: str) -> Mapping[str, Wire]:
    """Return where a component whose pods come later takes what it was not given.

    Args:
        function: Whom the pods run as: ``runner``, ``step`` or ``serving``.
    """
    return MappingProxyType(
        {
            "namespace": Wire("cluster", "namespace"),
            "service_account": Wire("identity", function),
            "pull_secrets": Wire("container_registry", "pull_secrets"),
        }
    )


def jobs(args: JobArgs, function: str) -> dict[str, Any]:
    """Return what a contract says of a component's jobs.

    Args:
        args: What was asked for.
        function: What the jobs are for: ``runner`` or ``step``.
    """
    return {
        "pods": pods(
            args.pods,
            function,
            args.namespace or "default",
            args.service_account or function,
            args.pull_secrets,
        ),
        "image": args.image,
        "cpu": args.cpu,
        "memory": args.memory,
        "ttl_seconds": args.ttl_seconds,
    }


def check_jobs(args: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with arguments: an image that could be another one tomorrow."""
    yield from check_image("image", args.image)


def pods(
    args: Optional[PodsArgs],
    function: str,
    namespace: pulumi.Input[str],
    account: pulumi.Input[str],
    pull_secrets: Optional[pulumi.Input[list[str]]] = None,
) -> dict[str, Any]:
    """Return what a contract says of its pods.

    Args:
        args: What was asked for.
        function: What the pods are for; network policies go by it.
        namespace: Where they are made.
        account: Whom they run as.
        pull_secrets: The registry's secrets, unless others are asked for.
    """
    given = args or PodsArgs()
    return {
        "context": context(),
        "namespace": namespace,
        "service_account": account,
        "node_selector": given.node_selector or {},
        "tolerations": tolerations(given.tolerations),
        "image_pull_secrets": given.image_pull_secrets or pull_secrets or [],
        "labels": {**(given.labels or {}), FUNCTION: function},
        **({"priority_class": given.priority_class} if given.priority_class else {}),
    }


def tolerations(given: Optional[Iterable[Any]]) -> list[dict[str, str]]:
    """Return tolerations as the API has them, whatever handed them in.

    Args:
        given: Dataclasses, mappings of another language, or a configuration's models.

    Example:
        >>> tolerations([TolerationArgs(key="gpu")])
        [{'key': 'gpu', 'operator': 'Exists'}]
    """
    found = []
    for item in given or ():
        if dataclasses.is_dataclass(item):
            values = dataclasses.asdict(cast("Any", item))
        else:
            values = item.model_dump() if isinstance(item, BaseModel) else dict(item)
        values["operator"] = values.get("operator") or (
            "Equal" if values.get("value") else "Exists"
        )
        found.append({key: value for key, value in values.items() if value is not None})
    return found
