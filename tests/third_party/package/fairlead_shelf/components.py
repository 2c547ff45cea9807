"""Provision the store's folder; the orchestrator needs nothing but to be named."""

from dataclasses import dataclass
from typing import Optional

import pulumi

from fairlead_components.base import Component
from fairlead_components.local.defaults import data_folder
from fairlead_components.resources.directory import Directory


@dataclass(kw_only=True)
class ShelfArtifactStoreArgs:
    """Say where the file lies: in a folder, by default one of the stack."""

    folder: Optional[pulumi.Input[str]] = None


class ShelfArtifactStore(Component):
    """Keep artifacts and records in one SQLite file."""

    kind, flavor, package = "artifact_store", "shelf", "fairlead-shelf"

    def __init__(
        self, name: str, args: ShelfArtifactStoreArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        super().__init__(name, args, opts)
        folder = Directory(name, path=data_folder(args.folder, "shelf"), opts=self.child(data=True))
        self.publish(
            url=folder.path.apply(lambda path: f"shelf://{path}/objects.db"), allow_pickle=True
        )


@dataclass(kw_only=True)
class SpawnOrchestratorArgs:
    """Say how many steps run at once."""

    parallelism: Optional[pulumi.Input[int]] = None


class SpawnOrchestrator(Component):
    """Walk graphs with a process for each step."""

    kind, flavor, package = "orchestrator", "spawn", "fairlead-shelf"

    def __init__(
        self, name: str, args: SpawnOrchestratorArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        super().__init__(name, args, opts)
        self.publish(parallelism=args.parallelism)
