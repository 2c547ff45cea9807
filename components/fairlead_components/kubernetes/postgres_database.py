"""A PostgreSQL server with one database, which a component of a namespace keeps its records in."""

from dataclasses import dataclass, field
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import Secret, Service
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from fairlead_components.base import Component
from fairlead_components.kubernetes.defaults import (
    FUNCTION,
    container_security,
    metadata,
    pod_security,
    resources,
    size,
)
from fairlead_components.resources.password import Password

# ruff: noqa: UP045 - see base.py

PORT = 5432

#: PostgreSQL refuses to run as a user that its image does not know; the official image's is this.
_USER = 999

#: Makes the database once, and gives its owner the password that the secret holds now. Nobody can
#: log in but that owner: whoever administers the server does it from within its pod.
_PREPARE = """
umask 077
sql() { postgres --single -D "$1" -c log_min_error_statement=panic "$2" >/dev/null; }
if [ ! -s /data/pgdata/PG_VERSION ]; then
  rm -rf /data/new
  initdb --pgdata=/data/new --username=postgres --encoding=UTF8 --locale=C --no-instructions \
    --auth-local=peer --auth-host=reject
  printf 'CREATE ROLE %s LOGIN\\n' "$NAME" | sql /data/new postgres
  printf 'CREATE DATABASE %s OWNER %s\\n' "$NAME" "$NAME" | sql /data/new postgres
  mv /data/new /data/pgdata
fi
printf 'local all postgres peer\\nhost %s %s all scram-sha-256\\n' "$NAME" "$NAME" \
  >/data/pgdata/pg_hba.conf
printf "ALTER ROLE %s PASSWORD '%s'\\n" "$NAME" "$(cat /password/password)" \
  | sql /data/pgdata postgres
"""


@dataclass(kw_only=True)
class PostgresArgs:
    """Say what a database server runs in and how much room it has.

    Attributes:
        image: The server, by digest: any image that has PostgreSQL's programs (14 or newer) and
            ``sh`` on its path and an account of the number 999, as the official one has.
        size: Bytes of the volume.
        storage_class: The volume's class; the cluster's default if not given.
        cpu: Cores that it gets.
        memory: Bytes that it may use.
    """

    image: pulumi.Input[str]
    size: Optional[int] = field(default=None, metadata={"gt": 0})
    storage_class: Optional[pulumi.Input[str]] = None
    cpu: Optional[float] = field(default=None, metadata={"gt": 0})
    memory: Optional[int] = field(default=None, metadata={"gt": 0})


def make_database(
    component: Component,
    name: str,
    args: PostgresArgs,
    namespace: pulumi.Input[str],
    *,
    database: str,
    client: str,
) -> pulumi.Output[str]:
    """Make the server, its volume, its password and its network policy; return its service's name.

    The secret ``name`` has the database owner's password under ``password``. The volume stays when
    the stack is destroyed.

    Args:
        component: What it belongs to.
        name: What its objects are called.
        args: Image, volume and bounds.
        namespace: Where.
        database: The database's name, which is its owner's too.
        client: The function of the pods that may reach it; nobody else's may.
    """
    password = Password(f"{name}-password", opts=component.child())
    Secret(
        f"{name}-secret",
        metadata=metadata(component, name, namespace),
        string_data={"password": password.value},
        opts=component.child(),
    )
    selector = {"app.kubernetes.io/name": name}
    reached: Any = {"selector": selector, "ports": [{"name": "postgres", "port": PORT}]}
    Service(
        f"{name}-service",
        metadata=metadata(component, name, namespace),
        spec=reached,
        opts=component.child(),
    )
    caller = {"podSelector": {"matchLabels": {FUNCTION: client}}}
    policy: Any = {
        "podSelector": {"matchLabels": selector},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [caller], "ports": [{"protocol": "TCP", "port": PORT}]}],
    }
    NetworkPolicy(
        f"{name}-policy",
        metadata=metadata(component, name, namespace),
        spec=policy,
        opts=component.child(),
    )
    serving = StatefulSet(
        name,
        metadata=metadata(component, name, namespace),
        spec=_server(name, args, database, selector),
        # A changed template of a volume needs a new object; its volumes stay.
        opts=pulumi.ResourceOptions.merge(
            component.child(), pulumi.ResourceOptions(delete_before_replace=True)
        ),
    )
    found: pulumi.Output[str] = serving.metadata["name"]
    return found


def _server(name: str, args: PostgresArgs, database: str, selector: dict[str, str]) -> Any:
    common = {
        "image": args.image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": container_security(),
        "resources": resources(args.cpu or 0.25, args.memory or 512 << 20),
    }
    mounts = [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    asked = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(PORT), "-d", database, "-U", database]
    prepare = {
        **common,
        "name": "database",
        "command": ["sh", "-euc", _PREPARE],
        "env": [{"name": "NAME", "value": database}],
        "volumeMounts": [*mounts, {"name": "password", "mountPath": "/password"}],
    }
    settings = {"listen_addresses": "*", "port": PORT, "unix_socket_directories": "/tmp"}  # noqa: S108
    given = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    serving = {
        **common,
        "name": "postgres",
        "command": ["postgres", "-D", "/data/pgdata", *given],
        "ports": [{"name": "postgres", "containerPort": PORT}],
        "readinessProbe": {"exec": {"command": asked}, "periodSeconds": 5, "timeoutSeconds": 5},
        "livenessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 20},
        # SIGTERM would wait for clients, which stay connected; SIGINT ends them and writes all.
        "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "kill -INT 1"]}}},
        "volumeMounts": mounts,
    }
    storage = {"storageClassName": args.storage_class} if args.storage_class else {}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size(args.size or 10 << 30)}},
        **storage,
    }
    return {
        "serviceName": name,
        "replicas": 1,
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "selector": {"matchLabels": selector},
        "template": {
            "metadata": {"labels": {**selector, FUNCTION: "database"}},
            "spec": {
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "securityContext": pod_security(_USER),
                "initContainers": [prepare],
                "containers": [serving],
                "volumes": [
                    {"name": "tmp", "emptyDir": {}},
                    {"name": "password", "secret": {"secretName": name}},
                ],
            },
        },
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
    }
