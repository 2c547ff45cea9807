"""The local artifact store: one folder of its owner, or one that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead_components.local.local_artifact_store import (
    ExistingFolder,
    LocalArtifactStore,
    LocalArtifactStoreArgs,
)

Record = Callable[..., Any]
OURS = "fairlead-components:index:LocalArtifactStore store"


def test_it_is_one_folder(record: Record) -> None:
    args = LocalArtifactStoreArgs(path="/data/store")
    contract, recorder = record(lambda: LocalArtifactStore("store", args).contract)
    assert recorder.made() == {OURS, "fairlead:index:Directory store"}
    assert contract == {
        "flavor": "local", "version": "1.0", "url": "file:///data/store", "allow_pickle": True,
    }  # fmt: skip


def test_a_folder_that_is_there_is_not_made(record: Record) -> None:
    args = LocalArtifactStoreArgs(existing=ExistingFolder(path="/theirs"), allow_pickle=False)
    contract, recorder = record(lambda: LocalArtifactStore("store", args).contract)
    assert recorder.made() == {OURS}
    assert (contract["url"], contract["allow_pickle"]) == ("file:///theirs", False)
