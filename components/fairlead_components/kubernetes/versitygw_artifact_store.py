"""An artifact store in the cluster: an S3 server with one volume."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import ConfigMap, Secret, Service

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire
from fairlead_components.kubernetes.defaults import (
    check_image,
    context,
    metadata,
    resources,
    size,
)
from fairlead_components.kubernetes.roles import FUNCTIONS
from fairlead_components.kubernetes.versitygw_access import (
    ROOT,
    accounts,
    bucket_files,
    credentials_file,
)
from fairlead_components.kubernetes.versitygw_server import PORT, selector, server
from fairlead_components.naming import physical_name
from fairlead_components.resources.password import Password

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class VersitygwArtifactStoreArgs:
    """Say what serves artifacts and how much room they have.

    Attributes:
        image: The server, by digest: any image that has ``versitygw`` 1.8 or newer and ``sh`` on
            its path.
        size: Bytes of the volume.
        storage_class: The volume's class; the cluster's default if not given.
        bucket: The bucket's name; after project and stack if not given.
        cpu: Cores that the server gets.
        memory: Bytes that the server may use.
        allow_pickle: Whether artifacts whose loading executes code may be written and read.
        namespace: Where; the cluster component's if not given.
    """

    image: pulumi.Input[str]
    size: Optional[int] = field(default=None, metadata={"gt": 0})
    storage_class: Optional[pulumi.Input[str]] = None
    bucket: Optional[str] = None
    cpu: Optional[float] = field(default=None, metadata={"gt": 0})
    memory: Optional[int] = field(default=None, metadata={"gt": 0})
    allow_pickle: Optional[pulumi.Input[bool]] = None
    namespace: Optional[pulumi.Input[str]] = None


class VersitygwArtifactStore(Component):
    """Run an S3 server with one volume, and one key for each function of the stack.

    The server's own policy decides who writes which paths, so that a step can neither delete nor
    write a run's record. The volume stays when the stack is destroyed. To adopt a bucket of S3,
    Google Cloud or Azure instead, take the flavor ``s3``, ``gcs`` or ``blob``.
    """

    kind = "artifact_store"
    flavor = "versitygw"
    wires = MappingProxyType({"namespace": Wire("cluster", "namespace")})

    def __init__(
        self,
        name: str,
        args: VersitygwArtifactStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(VersitygwArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        where = context()  # first of all: without it, nothing is made
        namespace = args.namespace or "default"
        project, stack = pulumi.get_project(), pulumi.get_stack()
        bucket = args.bucket or physical_name("s3_bucket", project, stack)
        self._keys(name, namespace)
        ConfigMap(
            f"{name}-bucket",
            metadata=metadata(self, f"{name}-bucket", namespace),
            data=bucket_files(bucket),
            opts=self.child(),
        )
        Service(
            f"{name}-service",
            metadata=metadata(self, name, namespace),
            spec={"selector": selector(name), "ports": [{"name": "s3", "port": PORT}]},
            opts=self.child(),
        )
        serving = StatefulSet(
            name,
            metadata=metadata(self, name, namespace),
            spec=server(
                name,
                image=args.image,
                bucket=bucket,
                resources=resources(args.cpu or 0.5, args.memory or 512 << 20),
                volume=size(args.size or 100 << 30),
                storage_class=args.storage_class,
            ),
            opts=pulumi.ResourceOptions.merge(
                # A changed template of a volume needs a new object; its volumes stay.
                self.child(),
                pulumi.ResourceOptions(delete_before_replace=True),
            ),
        )
        # Taken from the server, so that who uses the contract waits until it serves.
        service = serving.metadata["name"]
        host = pulumi.Output.format("http://{0}.{1}.svc:{2}", service, namespace, PORT)
        self.publish(
            url=f"s3://{bucket}",
            endpoint_url=host,
            context=where,
            namespace=namespace,
            service=service,
            port=PORT,
            credentials_secrets={function: f"{name}-{function}" for function in FUNCTIONS},
            allow_pickle=False if args.allow_pickle is None else args.allow_pickle,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse an image that could be another one tomorrow."""
        yield from super().check(args)
        yield from check_image("image", args.image)

    def _keys(self, name: str, namespace: pulumi.Input[str]) -> None:
        made = {
            who: Password(f"{name}-{who}-password", opts=self.child()).value
            for who in ("root", *FUNCTIONS)
        }
        root = made.pop("root")
        Secret(
            f"{name}-server",
            metadata=metadata(self, f"{name}-server", namespace),
            string_data={
                "users.json": pulumi.Output.all(**made).apply(accounts),
                "account": ROOT,
                "root": root,
            },
            opts=self.child(),
        )
        for who, password in made.items():
            Secret(
                f"{name}-{who}",
                metadata=metadata(self, f"{name}-{who}", namespace),
                string_data={"credentials": password.apply(partial(credentials_file, who))},
                opts=self.child(),
            )
