"""A model registry on the MLflow server that runs are tracked on."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, ComponentError, Wire

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class ReachedServer:
    """Say how a server of the cluster is reached from outside it.

    Attributes:
        context: The kubeconfig context.
        namespace: Where it runs.
        service: Its service.
        port: The service's port.
    """

    context: Optional[pulumi.Input[str]] = None
    namespace: pulumi.Input[str]
    service: pulumi.Input[str]
    port: pulumi.Input[int]


@dataclass(kw_only=True)
class MlflowModelRegistryArgs:
    """Say which MLflow server keeps models; in a stack it is the experiment tracker's.

    Attributes:
        registry_uri: What ``mlflow.set_registry_uri`` takes, without credentials.
        server: How it is reached from outside the cluster; by ``registry_uri`` if not given.
        credentials_secrets: Function → the secret of the namespace with the keys ``username`` and
            ``password``.
        allow_pickle: Whether models whose loading executes code may be registered and loaded; off
            if not given.
    """

    registry_uri: Optional[pulumi.Input[str]] = None
    server: Optional[ReachedServer] = None
    credentials_secrets: Optional[dict[str, str]] = None
    allow_pickle: Optional[pulumi.Input[bool]] = None


class MlflowModelRegistry(Component):
    """Promise that the MLflow server that tracks runs registers models too; nothing is created."""

    kind = "model_registry"
    flavor = "mlflow"
    wires = MappingProxyType(
        {
            "registry_uri": Wire("experiment_tracker", "tracking_uri", "mlflow"),
            "server": Wire("experiment_tracker", "server", "mlflow"),
            "credentials_secrets": Wire("experiment_tracker", "credentials_secrets", "mlflow"),
        }
    )

    def __init__(
        self,
        name: str,
        args: MlflowModelRegistryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(MlflowModelRegistryArgs, args)
        super().__init__(name, args, opts)
        if args.registry_uri is None:
            raise ComponentError(
                f"MlflowModelRegistry {name!r}: registry_uri: missing; give it, or add an "
                "experiment_tracker to the stack, whose MLflow server then registers models too."
            )
        server = vars(args.server) if isinstance(args.server, ReachedServer) else args.server
        self.publish(
            registry_uri=args.registry_uri,
            server=server,
            credentials_secrets=args.credentials_secrets,
            allow_pickle=False if args.allow_pickle is None else args.allow_pickle,
        )
