"""An artifact store that is a folder of this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component
from fairlead_components.local.defaults import data_folder
from fairlead_components.resources.directory import Directory

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class ExistingFolder:
    """Name a folder that is there already.

    Attributes:
        path: The folder, absolute.
    """

    path: pulumi.Input[str]


@dataclass(kw_only=True)
class LocalArtifactStoreArgs:
    """Say where artifacts and records lie.

    Attributes:
        path: The folder; in the stack's data folder if not given.
        allow_pickle: Whether artifacts whose loading executes code may be written and read. On
            unless it is switched off: who can write here can run code here anyway.
        existing: A folder to use as it is, instead of making one.
    """

    path: Optional[pulumi.Input[str]] = None
    allow_pickle: Optional[pulumi.Input[bool]] = None
    existing: Optional[ExistingFolder] = None


class LocalArtifactStore(Component):
    """Keep artifacts and records in a folder that only its owner can read.

    Example:
        A Pulumi program with nothing else::

            store = LocalArtifactStore("store", LocalArtifactStoreArgs(path="/srv/artifacts"))
            pulumi.export("store", store.contract)
    """

    kind = "artifact_store"
    flavor = "local"
    beside_existing = frozenset({"allow_pickle"})

    def __init__(
        self,
        name: str,
        args: LocalArtifactStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(LocalArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            path = data_folder(args.existing.path)
        else:
            path = Directory(
                name,
                path=data_folder(args.path, "artifacts"),
                opts=self.child(data=True),
            ).path
        self.publish(
            url=path.apply(lambda folder: Path(folder).as_uri()),
            allow_pickle=True if args.allow_pickle is None else args.allow_pickle,
        )
