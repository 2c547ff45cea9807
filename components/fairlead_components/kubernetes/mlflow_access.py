"""Who may do what on an MLflow server, each function with its own account."""

from __future__ import annotations

import configparser
import io
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from fairlead_components.base import Component
from fairlead_components.kubernetes.defaults import metadata
from fairlead_components.kubernetes.roles import FUNCTIONS
from fairlead_components.resources.password import Password

#: Who sets up accounts; nobody is given its password.
ADMINISTRATOR = "admin"

#: Steps that start at once may each have made a run, and the last one removes all but the first.
_WRITE = (("experiment", "EDIT"), ("run", "MANAGE"), ("registered_model", "EDIT"))

#: Function → what it may do to everything of a type; whoever is not here may read.
_GRANTS: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        "submitter": _WRITE,
        "runner": _WRITE,
        "step": _WRITE,
        "maintainer": (("experiment", "MANAGE"), ("run", "MANAGE"), ("registered_model", "MANAGE")),
    }
)


def grants() -> str:
    """Return the accounts and their permissions, as ``mlflow_accounts.py`` takes them.

    Example:
        >>> json.loads(grants())["reader"]
        []
    """
    listed = {function: list(_GRANTS.get(function, ())) for function in FUNCTIONS}
    return json.dumps({ADMINISTRATOR: None, **listed}, indent=1)


def configuration(database: str) -> str:
    """Return the file that ``MLFLOW_AUTH_CONFIG_PATH`` names.

    Everybody who logs in may read; nobody who does not gets anything.

    Args:
        database: The database's URI, without a password.

    Source:
        https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/
    """
    file = configparser.ConfigParser(interpolation=None)
    file["mlflow"] = {
        "default_permission": "READ",
        "database_uri": database,
        "admin_username": ADMINISTRATOR,
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        # Passwords are hashed slowly on purpose, and a step asks often.
        "auth_cache_ttl_seconds": "60",
    }
    text = io.StringIO()
    file.write(text)
    return text.getvalue()


def make_accounts(component: Component, name: str, namespace: pulumi.Input[str]) -> None:
    """Make a password for each account, and the secrets that hold them.

    ``<name>-<function>`` holds one function's ``username`` and ``password``; ``<name>-accounts``
    all passwords and ``<name>-server`` what sessions are signed with: both are for the server.

    Args:
        component: What they belong to.
        name: The server's name.
        namespace: Where.
    """
    made = {
        who: Password(f"{name}-{who}-password", opts=component.child()).value
        for who in (ADMINISTRATOR, *FUNCTIONS)
    }
    signing = Password(f"{name}-signing-key", opts=component.child()).value
    held: Mapping[str, Mapping[str, pulumi.Input[str]]] = {
        "server": {"signing": signing},
        "accounts": made,
        **{who: {"username": who, "password": made[who]} for who in FUNCTIONS},
    }
    for suffix, values in held.items():
        Secret(
            f"{name}-{suffix}",
            metadata=metadata(component, f"{name}-{suffix}", namespace),
            string_data=values,
            opts=component.child(),
        )
