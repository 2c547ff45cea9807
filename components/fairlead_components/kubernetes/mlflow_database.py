"""Where an MLflow server keeps its records: a database made for it, or one that is there."""

from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi

from fairlead_components.base import Component
from fairlead_components.kubernetes.defaults import FUNCTION
from fairlead_components.kubernetes.postgres_database import PORT, PostgresArgs, make_database

# ruff: noqa: UP045 - see base.py

#: What the network policies call the server's pods.
TRACKER = "tracker"

#: The one database, and its owner.
_NAME = "mlflow"


@dataclass(kw_only=True)
class AdoptedDatabase:
    """Name a PostgreSQL database that a team has, for the server's records.

    Attributes:
        host: Where it is.
        secret_name: The secret of the namespace that holds the password of ``user``.
        key: The secret's key; ``password`` if not given.
        port: 5432 if not given.
        name: The database, which ``user`` owns; ``mlflow`` if not given.
        user: ``mlflow`` if not given.
        sslmode: As PostgreSQL's library takes it; ``require`` if not given.
    """

    host: pulumi.Input[str]
    secret_name: pulumi.Input[str]
    key: Optional[str] = None
    port: Optional[int] = field(default=None, metadata={"gt": 0, "lt": 1 << 16})
    name: Optional[str] = None
    user: Optional[str] = None
    sslmode: Optional[str] = None


@dataclass(frozen=True)
class Database:
    """Say where records go.

    Attributes:
        uri: The database's address, without a password.
        secret: The secret of the namespace that holds the password.
        key: The secret's key.
        egress: The rules of a network policy that let the server reach it.
    """

    uri: pulumi.Output[str]
    secret: pulumi.Input[str]
    key: str
    egress: list[dict[str, Any]]


def find_database(
    component: Component,
    name: str,
    made: Optional[PostgresArgs],
    existing: Optional[AdoptedDatabase],
    namespace: pulumi.Input[str],
) -> Database:
    """Make a database server, or take the one that there is.

    Args:
        component: What it belongs to.
        name: The MLflow server's name.
        made: What to make.
        existing: What to take instead.
        namespace: Where.
    """
    if existing is not None:
        port = existing.port or PORT
        uri = pulumi.Output.format(
            "postgresql+psycopg2://{0}@{1}:{2}/{3}?sslmode={4}",
            existing.user or _NAME,
            existing.host,
            port,
            existing.name or _NAME,
            existing.sslmode or "require",
        )
        # Within the namespace; what is outside has to be in the cluster's named egress.
        egress = [_to({}, port)]
        return Database(uri, existing.secret_name, existing.key or "password", egress)
    assert made is not None  # the component's `check` has refused it
    own = f"{name}-database"
    service = make_database(component, own, made, namespace, database=_NAME, client=TRACKER)
    uri = pulumi.Output.format("postgresql+psycopg2://{0}@{1}:{2}/{0}", _NAME, service, PORT)
    return Database(uri, own, "password", [_to({"matchLabels": {FUNCTION: "database"}}, PORT)])


def _to(pods: dict[str, Any], port: int) -> dict[str, Any]:
    return {"to": [{"podSelector": pods}], "ports": [{"protocol": "TCP", "port": port}]}
