"""An MLflow experiment tracker that is a SQLite file and a folder, without a server."""

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
class ExistingTracker:
    """Name an MLflow tracking store that is there already.

    Attributes:
        tracking_uri: What ``mlflow.set_tracking_uri`` takes, without credentials.
        artifact_location: Where files of new experiments lie; the server decides if not given.
    """

    tracking_uri: pulumi.Input[str]
    artifact_location: Optional[pulumi.Input[str]] = None


@dataclass(kw_only=True)
class LocalMlflowExperimentTrackerArgs:
    """Say where MLflow keeps what runs log.

    Attributes:
        path: The folder; in the stack's data folder if not given.
        experiment: The experiment of all runs; each pipeline has its own if not given.
        existing: A tracking store to use as it is, instead of making one.
    """

    path: Optional[pulumi.Input[str]] = None
    experiment: Optional[pulumi.Input[str]] = None
    existing: Optional[ExistingTracker] = None


class LocalMlflowExperimentTracker(Component):
    """Keep metrics in a SQLite file and figures in a folder; MLflow makes the database itself."""

    kind = "experiment_tracker"
    flavor = "mlflow"
    beside_existing = frozenset({"experiment"})

    def __init__(
        self,
        name: str,
        args: LocalMlflowExperimentTrackerArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(LocalMlflowExperimentTrackerArgs, args)
        super().__init__(name, args, opts)
        if args.existing is not None:
            self.publish(
                tracking_uri=args.existing.tracking_uri,
                artifact_location=args.existing.artifact_location,
                experiment=args.experiment,
            )
            return
        folder = Directory(name, path=data_folder(args.path, "mlflow"), opts=self.child(data=True))
        artifacts = Directory(
            f"{name}-artifacts",
            path=folder.path.apply(lambda path: str(Path(path, "artifacts"))),
            opts=self.child(data=True),
        )
        self.publish(
            tracking_uri=folder.path.apply(lambda path: f"sqlite:///{Path(path, 'mlflow.db')}"),
            artifact_location=artifacts.path.apply(lambda path: Path(path).as_uri()),
            experiment=args.experiment,
        )
