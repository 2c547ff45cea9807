"""An MLflow model registry that is a SQLite file and a folder, without a server."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire
from fairlead_components.local.defaults import data_folder
from fairlead_components.resources.directory import Directory

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class ExistingModelRegistry:
    """Name an MLflow model registry that is there already.

    Attributes:
        registry_uri: What ``mlflow.set_registry_uri`` takes, without credentials.
        artifact_location: Where files of models lie; the server decides if not given.
    """

    registry_uri: pulumi.Input[str]
    artifact_location: Optional[pulumi.Input[str]] = None


@dataclass(kw_only=True)
class LocalMlflowModelRegistryArgs:
    """Say where MLflow keeps registered models.

    Attributes:
        path: The folder of the models' files; in the stack's data folder if not given.
        registry_uri: The database that models are registered in. In a stack it is the MLflow
            experiment tracker's, so that MLflow shows both together; alone, one in ``path``.
        allow_pickle: Whether models whose loading executes code may be registered and loaded. On
            unless it is switched off; off for an existing registry unless it is switched on.
        existing: A registry to use as it is, instead of making one.
    """

    path: Optional[pulumi.Input[str]] = None
    registry_uri: Optional[pulumi.Input[str]] = None
    allow_pickle: Optional[pulumi.Input[bool]] = None
    existing: Optional[ExistingModelRegistry] = None


class LocalMlflowModelRegistry(Component):
    """Keep registered models in a SQLite file and a folder; MLflow makes the database itself."""

    kind = "model_registry"
    flavor = "mlflow"
    beside_existing = frozenset({"allow_pickle"})
    wires = MappingProxyType({"registry_uri": Wire("experiment_tracker", "tracking_uri", "mlflow")})

    def __init__(
        self,
        name: str,
        args: LocalMlflowModelRegistryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(LocalMlflowModelRegistryArgs, args)
        super().__init__(name, args, opts)
        # As in the local artifact store: who can write here can run code here anyway. A registry
        # that others write to has to be asked for.
        allow_pickle = args.existing is None if args.allow_pickle is None else args.allow_pickle
        if args.existing is not None:
            self.publish(
                registry_uri=args.existing.registry_uri,
                artifact_location=args.existing.artifact_location,
                allow_pickle=allow_pickle,
            )
            return
        folder = Directory(name, path=data_folder(args.path, "models"), opts=self.child(data=True))
        own = folder.path.apply(lambda path: f"sqlite:///{Path(path, 'mlflow.db')}")
        self.publish(
            registry_uri=args.registry_uri or own,
            artifact_location=folder.path.apply(lambda path: Path(path).as_uri()),
            allow_pickle=allow_pickle,
        )
