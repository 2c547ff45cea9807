"""A secret store that is the secrets of the stack's namespace."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire
from fairlead_components.kubernetes.defaults import context

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class KubernetesSecretStoreArgs:
    """Say where secrets are.

    Attributes:
        prefix: What the objects' names begin with; ``secret-`` if not given.
        namespace: Where they are; the cluster component's if not given.
    """

    prefix: Optional[pulumi.Input[str]] = None
    namespace: Optional[pulumi.Input[str]] = None


class KubernetesSecretStore(Component):
    """Keep secrets in objects of the namespace; Pulumi makes none and never sees a value.

    Encrypt them at rest: that is the API server's configuration, and on in the clouds' clusters.
    """

    kind = "secret_store"
    flavor = "kubernetes"
    wires = MappingProxyType({"namespace": Wire("cluster", "namespace")})

    def __init__(
        self,
        name: str,
        args: KubernetesSecretStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(KubernetesSecretStoreArgs, args)
        super().__init__(name, args, opts)
        self.publish(
            context=context(),
            namespace=args.namespace or "default",
            prefix=args.prefix or "secret-",
        )
