"""The local secret store: a folder that only its owner can enter, and never a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict

from fairlead_components.local.local_secret_store import LocalSecretStore, LocalSecretStoreArgs


def test_it_is_a_folder_of_its_owner(record: Callable[..., Any]) -> None:
    args = LocalSecretStoreArgs(path="/data/secrets", prefix="team-")
    contract, recorder = record(lambda: LocalSecretStore("secrets", args).contract)
    assert recorder.made() == {
        "fairlead-components:index:LocalSecretStore secrets",
        "fairlead:index:Directory secrets",
    }
    folder = MessageToDict(recorder.requests["fairlead:index:Directory secrets"].object)
    assert folder == {"path": "/data/secrets", "mode": "0700"}
    assert contract == {
        "flavor": "local", "version": "1.0", "path": "/data/secrets", "prefix": "team-",
    }  # fmt: skip
