"""Where a component's pods run, as its arguments say it and as its contract does."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional, cast

import pulumi
from pydantic import BaseModel

from fairlead_components.kubernetes.defaults import FUNCTION, context

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
