"""Reach an MLflow store: imported at first use, without telemetry, safe to start many times."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from fairlead.errors import BackendError, MissingExtraError, RetryableBackendError

#: Seconds that a writer waits for another one of the same SQLite file.
_PATIENCE = 60

#: No telemetry (read when MLflow is imported), no links in the logs of steps (read when used).
_QUIET = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT")

_SQLITE = "sqlite:///"
_KEY = re.compile(r"[^\w .:/-]")
_PASSING = {"TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "INTERNAL_ERROR"}


def connect(uri: str) -> Any:
    """Return a client of an MLflow tracking store and model registry.

    A SQLite file is made ready, once, by whichever process comes first: MLflow's own start races
    when several processes find an empty file.

    Args:
        uri: What MLflow calls a tracking URI: ``sqlite:////…``, ``https://…``.

    Raises:
        MissingExtraError: MLflow is not installed.
        BackendError: The store cannot be opened.

    Example:
        >>> connect("sqlite:////tmp/mlflow.db").search_experiments()  # doctest: +SKIP
    """
    for name in _QUIET:
        os.environ.setdefault(name, "true")
    return _connect(uri, os.getpid())  # connections must not cross a fork


@contextmanager
def exclusive(uri: str) -> Iterator[None]:
    """Keep other processes of this machine from the same change of a SQLite store.

    A server has no lock to offer; what must be unique there is settled after the fact.

    Args:
        uri: The store's URI.
    """
    database = _database(uri)
    if database is None:
        yield
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    with _lock_file(database).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def reported(uri: str) -> Iterator[None]:
    """Turn MLflow's errors into ones that name the store.

    Args:
        uri: The store's URI, for the error.

    Raises:
        RetryableBackendError: The same call may succeed later.
        BackendError: It will not.
    """
    from mlflow.exceptions import MlflowException

    database: tuple[type[Exception], ...] = (OSError,)
    with suppress(ModuleNotFoundError):  # mlflow-skinny, which reaches servers alone, is enough
        from sqlalchemy.exc import SQLAlchemyError

        database = (SQLAlchemyError, OSError)
    try:
        yield
    except MlflowException as error:
        kind = RetryableBackendError if error.error_code in _PASSING else BackendError
        raise kind(f"MLflow at {uri}: {error.message}") from error
    except database as error:
        raise RetryableBackendError(f"MLflow at {uri}: {error}") from error


def experiment(client: Any, uri: str, name: str, location: str | None = None) -> str:
    """Return the id of an experiment, made if there is none of that name.

    Args:
        client: What ``connect`` returned.
        uri: The store's URI, for the error.
        name: The experiment's name.
        location: Where files of a new one lie; None leaves it to the server.

    Raises:
        BackendError: It was deleted, which MLflow lets a person undo and nobody replace.
    """
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=location))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        found = client.get_experiment_by_name(name)
    if found.lifecycle_stage != "active":
        raise BackendError(
            f"MLflow at {uri}: the experiment {name!r} was deleted. Restore it with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}`."
        )
    return str(found.experiment_id)


def key(name: str) -> str:
    """Return a name as MLflow takes it for metrics and parameters.

    Args:
        name: Any text; elements of lists are numbered with a point.

    Example:
        >>> key("train[0]/loss (log)")
        'train.0/loss _log_'
    """
    return _KEY.sub("_", re.sub(r"\[(\d+)\]", r".\1", name))


@cache
def _connect(uri: str, process: int) -> Any:
    del process
    try:
        import mlflow
    except ModuleNotFoundError as error:
        if error.name != "mlflow":
            raise
        raise MissingExtraError(
            "The stack's flavor mlflow needs MLflow, which is not installed: install it with "
            "`pip install 'fairlead[mlflow]'`."
        ) from error
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    database = _database(uri)
    if database is not None and not _ready(database, mlflow.__version__):
        with exclusive(uri), reported(uri):
            _use_write_ahead_log(database)
            client = _open(mlflow, uri)
            _lock_file(database).write_text(mlflow.__version__)
            return client
    with reported(uri):
        return _open(mlflow, uri)


def _open(mlflow: Any, uri: str) -> Any:
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.search_registered_models(max_results=1)  # the registry's tables come with first use
    return client


def _database(uri: str) -> Path | None:
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def _lock_file(database: Path) -> Path:
    return database.with_name(f"{database.name}.lock")


def _ready(database: Path, version: str) -> bool:
    try:
        return database.stat().st_size > 0 and _lock_file(database).read_text() == version
    except FileNotFoundError:
        return False


def _use_write_ahead_log(database: Path) -> None:
    """Let readers go on while one process writes; the file remembers it."""
    connection = sqlite3.connect(database, timeout=_PATIENCE)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
