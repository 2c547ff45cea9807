"""Any registry that speaks the OCI distribution protocol; a team has one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class OciContainerRegistryArgs:
    """Name a registry.

    Attributes:
        uri: What image names begin with, without a scheme: ``registry.example.org/ml``.
        insecure: Whether it is reached without TLS; only on this machine's loopback.
        pull_secrets: Secrets of the namespace, of the type ``kubernetes.io/dockerconfigjson``,
            with which the cluster pulls.
    """

    uri: pulumi.Input[str]
    insecure: Optional[bool] = None
    pull_secrets: Optional[list[str]] = None


class OciContainerRegistry(Component):
    """Adopt a registry; nothing is created, and pushing uses the login of whoever pushes."""

    kind = "container_registry"
    flavor = "oci"

    def __init__(
        self,
        name: str,
        args: OciContainerRegistryArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(OciContainerRegistryArgs, args)
        super().__init__(name, args, opts)
        self.publish(
            uri=args.uri, insecure=bool(args.insecure), pull_secrets=args.pull_secrets or []
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse schemes, and registries without TLS that are not on loopback."""
        yield from super().check(args)
        if isinstance(args.uri, str):
            host = args.uri.partition("/")[0].rpartition(":")[0] or args.uri.partition("/")[0]
            if "://" in args.uri:
                yield "uri", "must not begin with a scheme: write registry.example.org/ml"
            elif args.insecure and host not in {"localhost", "127.0.0.1", "[::1]"}:
                yield "insecure", f"only for a registry on this machine's loopback, not {host}"
