"""Register models in MLflow, in a form that MLflow's own tools load wherever there is one.

Every version carries the tags ``fairlead.source`` and ``fairlead.digest``, the artifact version
that it was made of, and is linked to the tracked run that made it, if that is in the same MLflow.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from fairlead.adapters import mlflow_server
from fairlead.adapters.mlflow_client import connect, exclusive, experiment, reported
from fairlead.adapters.mlflow_models import load_model, save_model
from fairlead.contracts.model_registry import MlflowModelRegistryContract
from fairlead.errors import ModelNotFoundError, PipelineError
from fairlead.ports.model_registry import RegisteredModel
from fairlead.ports.permissions import Permission

_NAME = re.compile(r"[A-Za-z0-9][\w .-]{0,127}")

#: Where the files of models lie on a server that keeps them itself.
_EXPERIMENT = "registered models"

_METRICS = "fairlead.metrics"


class MlflowModelRegistry:
    """Register models in an MLflow registry: a SQLite file and a folder, or a server.

    Args:
        contract: Names the registry.

    Example:
        >>> contract = MlflowModelRegistryContract(registry_uri="sqlite:////tmp/mlflow.db")
        >>> MlflowModelRegistry(contract).get("digits", "champion").version  # doctest: +SKIP
        '3'
    """

    def __init__(self, contract: MlflowModelRegistryContract) -> None:
        self._contract = contract

    @cached_property
    def _uri(self) -> str:
        return mlflow_server.address(self._contract.registry_uri, self._contract)

    def permissions(self) -> tuple[Permission, ...]:
        """Return what reaching the server from outside its cluster needs."""
        return mlflow_server.permissions(self._contract)

    def register(
        self,
        name: str,
        model: Any,
        *,
        source: str,
        digest: str,
        aliases: Sequence[str] = (),
        metrics: Mapping[str, float] | None = None,
    ) -> RegisteredModel:
        """Add a version of a model; the same source and digest again is the same version.

        Args:
            name: The model's name: letters, digits, space, ``.``, ``_`` and ``-``.
            model: The model itself.
            source: The artifact version that it is: ``<run>/<step>/<output>``.
            digest: That artifact's digest.
            aliases: Names that point at this version from now on.
            metrics: Numbers to keep with the version.

        Raises:
            PipelineError: The name is not possible.
            MaterializerError: Nothing can store such a model here.
            BackendError: MLflow refused, or cannot be reached.
        """
        if not _NAME.fullmatch(name):
            raise PipelineError(
                f"model name {name!r} is not possible: use letters, digits, space, '.', '_', '-'."
            )
        client = connect(self._uri)
        with reported(self._uri), exclusive(self._uri):
            number = self._registered(client, name, source, digest)
            if number is None:
                self._name(client, name)
                number = self._add(client, name, model, source, digest)
            if metrics:
                text = json.dumps({key: float(value) for key, value in metrics.items()})
                client.set_model_version_tag(name, number, _METRICS, text)
            for alias in aliases:
                client.set_registered_model_alias(name, alias, number)
        return self.get(name, number)

    def get(self, name: str, version_or_alias: str) -> RegisteredModel:
        """Return one version.

        Args:
            name: The model's name.
            version_or_alias: A number such as ``"3"``, or an alias such as ``"champion"``.

        Raises:
            ModelNotFoundError: There is no such model, version or alias.
        """
        return _describe(self._find(connect(self._uri), name, version_or_alias))

    def load(self, name: str, version_or_alias: str) -> Any:
        """Return the model itself.

        Args:
            name: The model's name.
            version_or_alias: A number or an alias.

        Raises:
            ModelNotFoundError: There is no such model, version or alias.
            IntegrityError: Its files are not those that were registered.
        """
        client = connect(self._uri)
        found = self._find(client, name, version_or_alias)
        with tempfile.TemporaryDirectory() as folder:
            with reported(self._uri):
                address = client.get_model_version_download_uri(name, found.version)
                path = Path(_download(address, folder, self._uri))
            return load_model(path, allow_pickle=self._contract.allow_pickle)

    def versions(self, name: str) -> list[RegisteredModel]:
        """List a model's versions, newest first; none if there is no such model."""
        client = connect(self._uri)
        with reported(self._uri):
            found = _all_versions(client, name)
            # A search leaves the aliases out.
            return [_describe(client.get_model_version(name, item.version)) for item in found]

    def _find(self, client: Any, name: str, version_or_alias: str) -> Any:
        from mlflow.exceptions import MlflowException

        with reported(self._uri):
            try:
                if version_or_alias.isdecimal():
                    return client.get_model_version(name, version_or_alias)
                return client.get_model_version_by_alias(name, version_or_alias)
            except MlflowException as error:
                if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    raise
            known = [_describe(item) for item in _all_versions(client, name)]
        if not known:
            raise ModelNotFoundError(
                f"There is no model {name!r} at {self._uri}: a step adds one with "
                f"register_model({name!r}, model)."
            )
        numbers = ", ".join(item.version for item in known[:10])
        raise ModelNotFoundError(
            f"The model {name!r} has no version or alias {version_or_alias!r}; its newest versions "
            f"are {numbers}."
        )

    def _registered(self, client: Any, name: str, source: str, digest: str) -> str | None:
        found = [
            int(item.version)
            for item in _all_versions(client, name)
            if item.tags.get("fairlead.source") == source
            and item.tags.get("fairlead.digest") == digest
        ]
        return str(min(found)) if found else None

    def _name(self, client: Any, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _add(self, client: Any, name: str, model: Any, source: str, digest: str) -> str:
        run = _tracked_run(client, source)
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder, "model")
            save_model(model, files, allow_pickle=self._contract.allow_pickle)
            place = hashlib.sha256(f"{source} {digest}".encode()).hexdigest()[:16]
            address, run = self._upload(client, files, f"{name.replace(' ', '_')}/{place}", run)
        added = client.create_model_version(
            name,
            address,
            run_id=run,
            description=f"Made by {source}",
            tags={
                "fairlead.source": source,
                "fairlead.digest": digest,
            },
        )
        # On a server, which has no lock, steps may add the same version at once: the first counts.
        first = self._registered(client, name, source, digest) or str(added.version)
        if first != str(added.version):
            client.delete_model_version(name, added.version)
        return first

    def _upload(
        self, client: Any, files: Path, place: str, run: str | None
    ) -> tuple[str, str | None]:
        """Return where the files are now, and the MLflow run that they belong to."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        if self._contract.artifact_location is not None:
            address = f"{self._contract.artifact_location.rstrip('/')}/{place}"
            repository: Any = get_artifact_repository(address)
            repository.log_artifacts(str(files))
            return address, run
        if run is None:
            where = experiment(client, self._uri, _EXPERIMENT)
            run = client.create_run(where, run_name=place).info.run_id
            client.set_terminated(run)
        client.log_artifacts(run, str(files), f"models/{place}")
        return f"{client.get_run(run).info.artifact_uri}/models/{place}", run


def _describe(found: Any) -> RegisteredModel:
    return RegisteredModel(
        name=found.name,
        version=str(found.version),
        uri=f"models:/{found.name}/{found.version}",
        source=found.tags.get("fairlead.source", ""),
        digest=found.tags.get("fairlead.digest", ""),
        aliases=tuple(sorted(found.aliases)),
        metrics=json.loads(found.tags.get(_METRICS, "{}")),
    )


def _all_versions(client: Any, name: str) -> list[Any]:
    if not _NAME.fullmatch(name):
        return []
    found: list[Any] = []
    token = None
    while True:
        page = client.search_model_versions(
            f"name='{name}'", order_by=["version_number DESC"], page_token=token
        )
        found += page
        token = page.token
        if not token:
            return found


def _tracked_run(client: Any, source: str) -> str | None:
    """Return the MLflow run of the run that made the model, if that is tracked here too."""
    run = source.partition("/")[0]
    if not run.isalnum():
        return None
    experiments = [item.experiment_id for item in client.search_experiments()]
    where = f"tags.`fairlead.run` = '{run}' and tags.`fairlead.role` = 'run'"
    found = client.search_runs(experiments, where, max_results=1)
    return found[0].info.run_id if found else None


def _download(address: str, folder: str, uri: str) -> str:
    import mlflow.artifacts

    path: str = mlflow.artifacts.download_artifacts(
        artifact_uri=address, dst_path=folder, tracking_uri=uri
    )
    return path
