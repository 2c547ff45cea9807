"""The local flavor opens the folder that its contract names."""

from __future__ import annotations

from pathlib import Path

from fairlead.contracts.artifact_store import LocalArtifactStoreContract
from fairlead.ports.artifact_store import ArtifactStore
from fairlead.registry import load
from fairlead.store.objects import ObjectStore


def test_opens_the_folder(tmp_path: Path) -> None:
    contract = LocalArtifactStoreContract(url=f"file://{tmp_path}/store")
    adapter = load("fairlead.adapters", "artifact_store.local")(contract)
    assert isinstance(adapter, ArtifactStore)
    objects = adapter.objects()
    assert isinstance(objects, ObjectStore)
    assert objects.put_new("a/b", b"1") is True
    assert (tmp_path / "store" / "a" / "b").read_bytes() == b"1"
