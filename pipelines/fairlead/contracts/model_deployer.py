"""What serves a registered model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.contracts.base import Contract
from fairlead.contracts.pods import Pods


class ModelDeployerContract(Contract):
    """Name a deployer.

    Attributes:
        endpoint: The address below which deployed models answer.
        serving_identity: The identity that serving processes run as.
    """

    endpoint: str | None = None
    serving_identity: str | None = None


class MlflowModelDeployerContract(ModelDeployerContract):
    """Serve models as deployments of a cluster, each with a service inside the cluster.

    Attributes:
        pods: Where serving pods run, and as whom.
        image: What models are served in, by digest.
        port: Where the server in a pod listens.
        cpu: Cores that a replica gets.
        memory: Bytes that a replica may use.
        min_replicas: The fewest replicas.
        max_replicas: The most replicas; more than the fewest lets load decide.
        target_cpu_percent: The load at which replicas are added.
    """

    flavor: Literal["mlflow"] = "mlflow"
    pods: Pods
    image: str
    port: int = 8080
    cpu: float = Field(default=0.5, gt=0)
    memory: int = Field(default=2 << 30, gt=0)
    min_replicas: int = Field(default=1, ge=1)
    max_replicas: int = Field(default=3, ge=1)
    target_cpu_percent: int = Field(default=80, ge=1, le=100)


class KserveModelDeployerContract(ModelDeployerContract):
    """Serve models as KServe's InferenceServices, reachable inside the cluster alone.

    Attributes:
        pods: Where serving pods run, and as whom.
        image: What fetches a model before KServe's runtime serves it, by digest.
        deployment_mode: ``Standard`` needs nothing but KServe, ``Knative`` scales to zero.
        runtime: The serving runtime; None lets KServe choose by the model's format.
        cpu: Cores that a replica gets.
        memory: Bytes that a replica may use.
        min_replicas: The fewest replicas.
        max_replicas: The most replicas.
    """

    flavor: Literal["kserve"] = "kserve"
    pods: Pods
    image: str
    deployment_mode: Literal["Standard", "Knative"] = "Standard"
    runtime: str | None = None
    cpu: float = Field(default=0.5, gt=0)
    memory: int = Field(default=2 << 30, gt=0)
    min_replicas: int = Field(default=1, ge=0)
    max_replicas: int = Field(default=3, ge=1)
