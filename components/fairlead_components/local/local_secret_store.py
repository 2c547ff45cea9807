"""A secret store that is a folder which only its owner can read."""

from dataclasses import dataclass
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component
from fairlead_components.local.defaults import data_folder
from fairlead_components.resources.directory import Directory

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class LocalSecretStoreArgs:
    """Say where secrets are kept.

    Attributes:
        path: The folder; in the stack's data folder if not given.
        prefix: What the names of this stack's secrets begin with.
    """

    path: Optional[pulumi.Input[str]] = None
    prefix: Optional[pulumi.Input[str]] = None


class LocalSecretStore(Component):
    """Keep secrets in files; Pulumi makes the folder and never sees a value."""

    kind = "secret_store"
    flavor = "local"

    def __init__(
        self,
        name: str,
        args: LocalSecretStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(LocalSecretStoreArgs, args)
        super().__init__(name, args, opts)
        folder = Directory(
            name,
            path=data_folder(args.path, "secrets"),
            mode="0700",
            opts=self.child(data=True),
        )
        self.publish(path=folder.path, prefix=args.prefix)
