"""A model deployer that serves registered models through KServe."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire
from fairlead_components.kubernetes.defaults import check_image
from fairlead_components.kubernetes.pods import PodsArgs, pods
from fairlead_components.kubernetes.serving import admit_callers, check_replicas

# ruff: noqa: UP045 - see base.py

#: Where KServe's runtimes listen.
_PORT = 8080


class DeploymentMode(StrEnum):
    """Say what KServe makes of a model: plain deployments, or services of Knative."""

    STANDARD = "Standard"
    KNATIVE = "Knative"


@dataclass(kw_only=True)
class KserveModelDeployerArgs:
    """Say how KServe, which the cluster has, serves models.

    Attributes:
        image: What fetches a model from its registry before it is served, by digest: any image that
            has ``python3`` with MLflow. What serves is KServe's runtime.
        deployment_mode: ``Standard`` needs nothing but KServe, ``Knative`` scales to zero.
        runtime: The serving runtime; KServe chooses one for the format ``mlflow`` if not given.
        cpu: Cores that a replica gets.
        memory: Bytes that a replica may use.
        min_replicas: The fewest replicas; 0 needs ``Knative``.
        max_replicas: The most replicas.
        callers: Namespaces whose pods may ask for predictions, besides the stack's own; with
            ``Knative``, that of its gateway.
        pods: On which nodes replicas run.
        namespace: Where; the cluster component's if not given.
        service_account: Whom they run as; the identity component's serving if not given.
        pull_secrets: Secrets that images are pulled with; the registry's if not given.
    """

    image: pulumi.Input[str]
    deployment_mode: Optional[DeploymentMode] = None
    runtime: Optional[pulumi.Input[str]] = None
    cpu: Optional[pulumi.Input[float]] = field(default=None, metadata={"gt": 0})
    memory: Optional[pulumi.Input[int]] = field(default=None, metadata={"gt": 0})
    min_replicas: Optional[int] = field(default=None, metadata={"ge": 0})
    max_replicas: Optional[int] = field(default=None, metadata={"ge": 1})
    callers: Optional[list[str]] = None
    pods: Optional[PodsArgs] = None
    namespace: Optional[pulumi.Input[str]] = None
    service_account: Optional[pulumi.Input[str]] = None
    pull_secrets: Optional[pulumi.Input[list[str]]] = None


class KserveModelDeployer(Component):
    """Promise how KServe serves models; its InferenceServices come with the models.

    They are reached within the cluster alone.
    """

    kind = "model_deployer"
    flavor = "kserve"
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
        args: KserveModelDeployerArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KserveModelDeployerArgs, args)
        super().__init__(name, args, opts)
        namespace = args.namespace or "default"
        account = args.service_account or "serving"
        where = pods(args.pods, "serving", namespace, account, args.pull_secrets)
        if args.callers:
            admit_callers(self, name, namespace, args.callers, _PORT)
        mode = args.deployment_mode
        self.publish(
            pods=where,
            serving_identity=account,
            image=args.image,
            deployment_mode=DeploymentMode(mode).value if mode is not None else None,
            runtime=args.runtime,
            cpu=args.cpu,
            memory=args.memory,
            min_replicas=args.min_replicas,
            max_replicas=args.max_replicas,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow, and replicas that cannot be."""
        yield from super().check(args)
        yield from check_image("image", args.image)
        yield from check_replicas(args)
        if args.min_replicas == 0 and args.deployment_mode != DeploymentMode.KNATIVE:
            yield "min_replicas", "0 needs deployment_mode: Knative"
