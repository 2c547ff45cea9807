"""A model deployer that serves registered models through KServe."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component
from fairlead_components.kubernetes.pods import pod_wires
from fairlead_components.kubernetes.serving import ServingArgs, check_serving, serving

# ruff: noqa: UP045 - see base.py

#: Where KServe's runtimes listen.
_PORT = 8080


class DeploymentMode(StrEnum):
    """Say what KServe makes of a model: plain deployments, or services of Knative."""

    STANDARD = "Standard"
    KNATIVE = "Knative"


@dataclass(kw_only=True)
class KserveModelDeployerArgs(ServingArgs):
    """Say how KServe, which the cluster has, serves models.

    The image fetches a model from its registry before it is served: any that has ``python3`` with
    MLflow. What serves is KServe's runtime. With ``Knative``, the gateway's namespace is a caller.

    Attributes:
        deployment_mode: ``Standard`` needs nothing but KServe, ``Knative`` scales to zero.
        runtime: The serving runtime; KServe chooses one for the format ``mlflow`` if not given.
        min_replicas: The fewest replicas; 0 needs ``Knative``.
    """

    deployment_mode: Optional[DeploymentMode] = None
    runtime: Optional[pulumi.Input[str]] = None
    min_replicas: Optional[int] = field(default=None, metadata={"ge": 0})


class KserveModelDeployer(Component):
    """Promise how KServe serves models; its InferenceServices come with the models.

    They are reached within the cluster alone.
    """

    kind = "model_deployer"
    flavor = "kserve"
    wires = pod_wires("serving")

    def __init__(
        self,
        name: str,
        args: KserveModelDeployerArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KserveModelDeployerArgs, args)
        super().__init__(name, args, opts)
        mode = args.deployment_mode
        self.publish(
            **serving(self, name, args, _PORT),
            deployment_mode=DeploymentMode(mode).value if mode is not None else None,
            runtime=args.runtime,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow, and replicas that cannot be."""
        yield from super().check(args)
        yield from check_serving(args)
        if args.min_replicas == 0 and args.deployment_mode != DeploymentMode.KNATIVE:
            yield "min_replicas", "0 needs deployment_mode: Knative"
