"""What contracts that are kept in pods share: where pods run, and as whom."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Toleration(BaseModel):
    """Let pods onto nodes with a taint.

    Attributes:
        key: The taint's key; None with ``Exists`` tolerates every taint.
        operator: Whether the value counts.
        value: The taint's value.
        effect: The taint's effect; None tolerates all three.

    Source:
        https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    key: str | None = None
    operator: Literal["Exists", "Equal"] = "Exists"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class Pods(BaseModel):
    """Say where pods are made, as whom they run, and on which nodes.

    Attributes:
        context: The kubeconfig context that reaches the cluster from outside it; None takes the
            current one. Inside the cluster, a pod's own service account is used.
        namespace: Where pods are made.
        service_account: Whom they run as.
        node_selector: Labels that a node must have.
        tolerations: Taints that a node may have.
        priority_class: How pods are preferred when the cluster is full.
        image_pull_secrets: Secrets of the namespace with which images are pulled.
        labels: What pods are labelled with besides our own labels.
        environment: Variables of every pod, such as where the artifact store is; never a secret.
        environment_secrets: Secrets of the namespace whose keys are variables of every pod.
        secret_folders: Secrets of the namespace → the folder at which every pod finds their keys
            as files.
        host_network: Lets pods use the node's network: for development clusters alone.
        pull_policy: When images are pulled.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    context: str | None = None
    namespace: str
    service_account: str
    node_selector: dict[str, str] = Field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    priority_class: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    environment: dict[str, str] = Field(default_factory=dict)
    environment_secrets: tuple[str, ...] = ()
    secret_folders: dict[str, str] = Field(default_factory=dict)
    host_network: bool = False
    pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
