"""A model deployer that serves registered models from deployments of the cluster."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component
from fairlead_components.kubernetes.pods import pod_wires
from fairlead_components.kubernetes.serving import ServingArgs, check_serving, serving

# ruff: noqa: UP045 - see base.py

#: Where MLflow's server listens in a pod.
_PORT = 8080


@dataclass(kw_only=True)
class MlflowModelDeployerArgs(ServingArgs):
    """Say what serves models and how much of it.

    The image serves: any that has ``python3`` with MLflow, ``bash`` and the packages that its
    models need. More replicas at the most than at the least let load decide, as the cluster
    measures it.

    Attributes:
        min_replicas: The fewest replicas.
        target_cpu_percent: The load at which replicas are added.
    """

    min_replicas: Optional[int] = field(default=None, metadata={"ge": 1})
    target_cpu_percent: Optional[pulumi.Input[int]] = field(
        default=None, metadata={"ge": 1, "le": 100}
    )


class MlflowModelDeployer(Component):
    """Promise how models are served; the deployments come with the models.

    A model's deployment, service, autoscaler and disruption budget are made by who deploys it, as
    the deployer. Replicas are reached within the namespace, and from the namespaces named here.
    """

    kind = "model_deployer"
    flavor = "mlflow"
    wires = pod_wires("serving")

    def __init__(
        self,
        name: str,
        args: MlflowModelDeployerArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(MlflowModelDeployerArgs, args)
        super().__init__(name, args, opts)
        self.publish(
            **serving(self, name, args, _PORT),
            port=_PORT,
            target_cpu_percent=args.target_cpu_percent,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow, and replicas that cannot be."""
        yield from super().check(args)
        yield from check_serving(args)
