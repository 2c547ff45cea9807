"""The pytest plugin: a stack in a temporary folder, for tests of pipelines.

Installed with Fairlead; nothing needs to be imported or configured::

    def test_training(fairlead_stack):
        run = training.run(depth=2, in_process=True)
        assert run["evaluate"].output.load() > 0.9
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fairlead.contracts.manifest import StackManifest


def local_manifest(folder: Path, name: str = "test") -> StackManifest:
    """Return the manifest of a local stack with a store, an orchestrator and secrets.

    Args:
        folder: Where everything of the stack lies.
        name: The stack's name.
    """
    from fairlead.contracts.manifest import StackManifest

    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    components = {
        "artifact_store": {
            "flavor": "local", "url": (folder / "store").as_uri(), "allow_pickle": True,
        },
        "orchestrator": {"flavor": "local"},
        "secret_store": {"flavor": "local", "path": str(secrets)},
    }  # fmt: skip
    return StackManifest.build(name, "local", components)


@pytest.fixture
def fairlead_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackManifest:
    """Bind every run of the test to a local stack of its own, which is removed afterwards.

    Returns:
        Its manifest; ``training.run()`` finds it without being told, also in other processes.
    """
    manifest = local_manifest(tmp_path / "stack")
    path = tmp_path / "stack" / "manifest.json"
    path.write_text(json.dumps(manifest.document()))
    monkeypatch.setenv("FAIRLEAD_MANIFEST", str(path))
    return manifest
