"""What deployers of models have in common: what serves, who may call, how many replicas."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from fairlead_components.base import Component
from fairlead_components.kubernetes.defaults import FUNCTION, check_image, metadata
from fairlead_components.kubernetes.pods import PodsArgs, pods

# ruff: noqa: UP045 - see base.py

#: What contracts take when nothing is said.
_MOST = 3


@dataclass(kw_only=True)
class ServingArgs:
    """Say what the replicas of models get, and who may ask them.

    Attributes:
        image: What runs beside or as the server, by digest; each deployer says what it must have.
        cpu: Cores that a replica gets.
        memory: Bytes that a replica may use.
        max_replicas: The most replicas.
        callers: Namespaces whose pods may ask for predictions, besides the stack's own.
        pods: On which nodes replicas run.
        namespace: Where; the cluster component's if not given.
        service_account: Whom they run as; the identity component's serving if not given.
        pull_secrets: Secrets that images are pulled with; the registry's if not given.
    """

    image: pulumi.Input[str]
    cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    max_replicas: Optional[int] = field(default=None, metadata={"ge": 1})
    callers: Optional[list[str]] = None
    pods: Optional[PodsArgs] = None
    namespace: Optional[pulumi.Input[str]] = None
    service_account: Optional[pulumi.Input[str]] = None
    pull_secrets: Optional[pulumi.Input[list[str]]] = None


def serving(component: Component, name: str, args: Any, port: int) -> dict[str, Any]:
    """Let callers in, and return what a contract says of its replicas.

    Args:
        component: The deployer.
        name: Its name.
        args: What was asked for: ``ServingArgs`` with ``min_replicas``.
        port: Where models answer.
    """
    namespace = args.namespace or "default"
    account = args.service_account or "serving"
    if args.callers:
        _admit(component, name, namespace, args.callers, port)
    return {
        "pods": pods(args.pods, "serving", namespace, account, args.pull_secrets),
        "serving_identity": account,
        "image": args.image,
        "cpu": args.cpu,
        "memory": args.memory,
        "min_replicas": args.min_replicas,
        "max_replicas": args.max_replicas,
    }


def _admit(
    component: Component,
    name: str,
    namespace: pulumi.Input[str],
    callers: Sequence[str],
    port: int,
) -> None:
    label = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(callers)}
    calling = {"namespaceSelector": {"matchExpressions": [label]}}
    spec: Any = {
        "podSelector": {"matchLabels": {FUNCTION: "serving"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [calling], "ports": [{"protocol": "TCP", "port": port}]}],
    }
    NetworkPolicy(
        f"{name}-callers",
        metadata=metadata(component, f"{name}-callers", namespace),
        spec=spec,
        opts=component.child(),
    )


def check_serving(args: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong: an image that could be another one tomorrow, replicas that cannot be.

    Args:
        args: ``ServingArgs`` with ``min_replicas``.
    """
    yield from check_image("image", args.image)
    if (args.min_replicas or 1) > (args.max_replicas or _MOST):
        yield "max_replicas", f"must be at least min_replicas, {args.min_replicas}"
