"""A model deployer that serves registered models from deployments of the cluster."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire
from fairlead_components.kubernetes.defaults import check_image
from fairlead_components.kubernetes.pods import PodsArgs, pods
from fairlead_components.kubernetes.serving import admit_callers, check_replicas

# ruff: noqa: UP045 - see base.py

#: Where MLflow's server listens in a pod.
_PORT = 8080


@dataclass(kw_only=True)
class MlflowModelDeployerArgs:
    """Say what serves models and how much of it.

    Attributes:
        image: What serves, by digest: any image that has ``python3`` with MLflow, ``bash`` and the
            packages that its models need.
        cpu: Cores that a replica gets.
        memory: Bytes that a replica may use.
        min_replicas: The fewest replicas.
        max_replicas: The most; more than the fewest lets load decide, as the cluster measures it.
        target_cpu_percent: The load at which replicas are added.
        callers: Namespaces whose pods may ask for predictions, besides the stack's own.
        pods: On which nodes replicas run.
        namespace: Where; the cluster component's if not given.
        service_account: Whom they run as; the identity component's serving if not given.
        pull_secrets: Secrets that images are pulled with; the registry's if not given.
    """

    image: pulumi.Input[str]
    cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    min_replicas: Optional[int] = field(default=None, metadata={"ge": 1})
    max_replicas: Optional[int] = field(default=None, metadata={"ge": 1})
    target_cpu_percent: Optional[pulumi.Input[int]] = field(
        default=None, metadata={"ge": 1, "le": 100}
    )
    callers: Optional[list[str]] = None
    pods: Optional[PodsArgs] = None
    namespace: Optional[pulumi.Input[str]] = None
    service_account: Optional[pulumi.Input[str]] = None
    pull_secrets: Optional[pulumi.Input[list[str]]] = None


class MlflowModelDeployer(Component):
    """Promise how models are served; the deployments come with the models.

    A model's deployment, service, autoscaler and disruption budget are made by who deploys it, as
    the deployer. Replicas are reached within the namespace, and from the namespaces named here.
    """

    kind = "model_deployer"
    flavor = "mlflow"
    wires = MappingProxyType(
        {
            "namespace": Wire("cluster", "namespace"),
            "service_account": Wire("identity", "serving"),
            "pull_secrets": Wire("container_registry", "pull_secrets"),
        }
    )

    def __init__(
        self,
        name: str,
        args: MlflowModelDeployerArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(MlflowModelDeployerArgs, args)
        super().__init__(name, args, opts)
        namespace = args.namespace or "default"
        account = args.service_account or "serving"
        where = pods(args.pods, "serving", namespace, account, args.pull_secrets)
        if args.callers:
            admit_callers(self, name, namespace, args.callers, _PORT)
        self.publish(
            pods=where,
            serving_identity=account,
            image=args.image,
            port=_PORT,
            cpu=args.cpu,
            memory=args.memory,
            min_replicas=args.min_replicas,
            max_replicas=args.max_replicas,
            target_cpu_percent=args.target_cpu_percent,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow, and replicas that cannot be."""
        yield from super().check(args)
        yield from check_image("image", args.image)
        yield from check_replicas(args)
