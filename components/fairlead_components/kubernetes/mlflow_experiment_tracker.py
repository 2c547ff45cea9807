"""An MLflow server in the cluster: accounts for each function, PostgreSQL, files behind it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, PersistentVolumeClaim, Service
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire
from fairlead_components.kubernetes.defaults import (
    check_image,
    context,
    metadata,
    resources,
    size,
)
from fairlead_components.kubernetes.mlflow_access import make_accounts
from fairlead_components.kubernetes.mlflow_database import AdoptedDatabase, find_database
from fairlead_components.kubernetes.mlflow_server import (
    PORT,
    network_policy,
    selector,
    server,
    settings,
)
from fairlead_components.kubernetes.postgres_database import PostgresArgs
from fairlead_components.kubernetes.roles import FUNCTIONS

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class AdoptedMlflow:
    """Name an MLflow server that a team has.

    Attributes:
        tracking_uri: What ``mlflow.set_tracking_uri`` takes, without credentials.
        credentials_secrets: Function → the secret of the namespace with the keys ``username`` and
            ``password``.
    """

    tracking_uri: pulumi.Input[str]
    credentials_secrets: Optional[dict[str, str]] = None


@dataclass(kw_only=True)
class MlflowExperimentTrackerArgs:
    """Say what the server runs in, where its records go and how much room its files have.

    Attributes:
        image: The server, by digest: any image that has ``python3`` with MLflow 3.17, its extra
            ``auth`` and psycopg2 (docs/kubernetes.md has the two lines that make one).
        database: The database server to make for its records.
        existing_database: A database to use instead.
        size: Bytes of the volume that figures and models lie on.
        storage_class: The volume's class; the cluster's default if not given.
        cpu: Cores that it gets.
        memory: Bytes that it may use.
        experiment: The experiment of all runs; each pipeline has its own if not given.
        existing: A server to use as it is, instead of making one.
        namespace: Where; the cluster component's if not given.
    """

    image: Optional[pulumi.Input[str]] = None
    database: Optional[PostgresArgs] = None
    existing_database: Optional[AdoptedDatabase] = None
    size: Optional[int] = field(default=None, metadata={"gt": 0})
    storage_class: Optional[pulumi.Input[str]] = None
    cpu: Optional[float] = field(default=None, metadata={"gt": 0})
    memory: Optional[int] = field(default=None, metadata={"gt": 0})
    experiment: Optional[pulumi.Input[str]] = None
    existing: Optional[AdoptedMlflow] = None
    namespace: Optional[pulumi.Input[str]] = None


class MlflowExperimentTracker(Component):
    """Run an MLflow server that asks everybody for a password, with one account a function.

    Files go through the server onto a volume of its own, so that nobody needs rights on a bucket to
    log a figure, and whoever broke into the server would have none on the artifact store. Records
    and files stay when the stack is destroyed.
    """

    kind = "experiment_tracker"
    flavor = "mlflow"
    beside_existing = frozenset({"experiment"})
    wires = MappingProxyType({"namespace": Wire("cluster", "namespace")})

    def __init__(
        self,
        name: str,
        args: MlflowExperimentTrackerArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(MlflowExperimentTrackerArgs, args)
        super().__init__(name, args, opts)
        where = context()  # first of all: without it, nothing is made
        if args.existing is not None:
            self.publish(
                tracking_uri=args.existing.tracking_uri,
                credentials_secrets=args.existing.credentials_secrets,
                experiment=args.experiment,
            )
            return
        namespace = args.namespace or "default"
        serving = self._serve(name, args, namespace)
        # Taken from the server, so that who uses the contract waits until it serves.
        service = serving.metadata["name"]
        self.publish(
            tracking_uri=pulumi.Output.format("http://{0}.{1}.svc:{2}", service, namespace, PORT),
            experiment=args.experiment,
            server={"context": where, "namespace": namespace, "service": service, "port": PORT},
            credentials_secrets={function: f"{name}-{function}" for function in FUNCTIONS},
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse images that could be others tomorrow, no database, and two."""
        yield from super().check(args)
        if args.existing is not None:
            return
        if args.image is None:
            yield "image", "missing"
        yield from check_image("image", args.image)
        if (args.database is None) == (args.existing_database is None):
            yield "database", "say either `database`, to make one, or `existing_database`"
        if args.database is not None:
            yield from check_image("database.image", args.database.image)

    def _serve(
        self, name: str, args: MlflowExperimentTrackerArgs, namespace: pulumi.Input[str]
    ) -> Deployment:
        records = find_database(self, name, args.database, args.existing_database, namespace)
        files = records.uri.apply(settings)
        make_accounts(self, name, namespace)
        ConfigMap(
            f"{name}-settings",
            metadata=metadata(self, f"{name}-settings", namespace),
            data=files,
            opts=self.child(),
        )
        volume: Any = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size(args.size or 100 << 30)}},
            **({"storageClassName": args.storage_class} if args.storage_class else {}),
        }
        PersistentVolumeClaim(
            f"{name}-artifacts",
            # A volume that waits for its first pod must not be waited for before there is one.
            metadata=_unawaited(metadata(self, f"{name}-artifacts", namespace)),
            spec=volume,
            opts=self.child(data=True),
        )
        Service(
            f"{name}-service",
            metadata=metadata(self, name, namespace),
            spec={"selector": selector(name), "ports": [{"name": "http", "port": PORT}]},
            opts=self.child(),
        )
        NetworkPolicy(
            f"{name}-policy",
            metadata=metadata(self, name, namespace),
            spec=network_policy(name, records.egress),
            opts=self.child(),
        )
        host = pulumi.Output.format("{0}.{1}.svc:{2}", name, namespace, PORT)
        return Deployment(
            name,
            metadata=metadata(self, name, namespace),
            spec=server(
                name,
                image=args.image or "",
                hosts=[host, f"{name}:{PORT}", "localhost:*", "127.0.0.1:*"],
                database=records,
                files=files,
                resources=resources(args.cpu or 1, args.memory or 2 << 30),
            ),
            opts=self.child(),
        )


def _unawaited(about: dict[str, Any]) -> Any:
    return {
        **about,
        "annotations": {**about.get("annotations", {}), "pulumi.com/skipAwait": "true"},
    }
