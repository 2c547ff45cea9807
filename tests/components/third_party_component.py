"""What another package has to write to add a component: see test_stack.py."""

# ruff: noqa: UP045

from dataclasses import dataclass
from typing import Literal, Optional

import pulumi

from fairlead.contracts.secret_store import SecretStoreContract
from fairlead_components.arguments import arguments
from fairlead_components.base import Component


class VaultContract(SecretStoreContract):
    flavor: Literal["vault"] = "vault"
    address: str


@dataclass(kw_only=True)
class VaultSecretStoreArgs:
    address: pulumi.Input[str]


class VaultSecretStore(Component):
    kind = "secret_store"
    flavor = "vault"
    package = "acme"

    def __init__(
        self,
        name: str,
        args: VaultSecretStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(VaultSecretStoreArgs, args)
        super().__init__(name, args, opts)
        self.publish(address=args.address)
