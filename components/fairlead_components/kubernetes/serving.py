"""What deployers of models have in common: who may call, how many replicas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from fairlead_components.base import Component
from fairlead_components.kubernetes.defaults import FUNCTION, metadata

#: What contracts take when nothing is said.
_MOST = 3


def admit_callers(
    component: Component,
    name: str,
    namespace: pulumi.Input[str],
    callers: Sequence[str],
    port: int,
) -> None:
    """Let the pods of other namespaces reach those that serve, at one port.

    Args:
        component: What the policy belongs to.
        name: Its name.
        namespace: Where models are served.
        callers: The other namespaces.
        port: Where models answer.
    """
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


def check_replicas(args: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the numbers of replicas.

    Args:
        args: Arguments with ``min_replicas`` and ``max_replicas``.
    """
    if (args.min_replicas or 1) > (args.max_replicas or _MOST):
        yield "max_replicas", f"must be at least min_replicas, {args.min_replicas}"
