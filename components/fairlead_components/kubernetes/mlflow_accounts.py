"""Bring an MLflow server's tables and accounts up to date, before it starts; runs in its image.

``python3 mlflow_accounts.py GRANTS PASSWORDS``: a JSON file with each account's permissions, and a
folder with each account's password. It needs nothing of Fairlead's.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(grants: str, passwords: str) -> None:
    """Upgrade the tables, and give every account its password and its permissions.

    Args:
        grants: A file with a JSON document: account → pairs of resource type and permission;
            null for the administrator.
        passwords: A folder: each file is an account's password.
    """
    from mlflow.db import commands
    from mlflow.server.auth.config import read_auth_config
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    commands.main(["upgrade", os.environ["MLFLOW_BACKEND_STORE_URI"]], standalone_mode=False)
    store: Any = SqlAlchemyStore()
    store.init_db(read_auth_config().database_uri)
    for account, granted in json.loads(Path(grants).read_text()).items():
        password = Path(passwords, account).read_text().strip()
        bring(store, account, password, granted)


def bring(store: Any, account: str, password: str, granted: Sequence[Sequence[str]] | None) -> None:
    """Give one account its password and its permissions on everything of a type.

    Args:
        store: MLflow's own store of accounts.
        account: The account's name.
        password: Its password.
        granted: Pairs of resource type and permission; None for the administrator.
    """
    if not store.has_user(account):
        store.create_user(account, password, is_admin=granted is None)
    elif not store.authenticate_user(account, password):
        store.update_user(account, password=password)
    for kind, permission in granted or ():
        store.grant_user_permission(account, kind, "*", permission)


if __name__ == "__main__":
    main(*sys.argv[1:])
