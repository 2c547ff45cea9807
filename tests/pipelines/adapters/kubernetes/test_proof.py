"""The proof: an example runs on this machine and on the cluster to the same, by the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.contracts.manifest import StackManifest
from kubernetes_stacks import ROOT, KubernetesStack

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_digits_is_the_same_on_local_and_on_kubernetes(
    kubernetes_stack: KubernetesStack, tmp_path: Path
) -> None:
    local = StackManifest.build(
        "local",
        "local",
        {
            "artifact_store": {"flavor": "local", "url": (tmp_path / "store").as_uri()},
            "orchestrator": {"flavor": "local"},
        },
    )
    command = [sys.executable, "-m", "fairlead.cli.main", "verify", "pipelines/examples/digits.py"]
    for name, manifest in (("local", local), ("kubernetes", kubernetes_stack.manifest())):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(manifest.document()))
        command += ["--manifest", str(path)]
    done = subprocess.run(
        [*command, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "FAIRLEAD_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["equal"]
    assert set(found["runs"]) == {"local", "kubernetes"}
    by_aspect = {finding["aspect"] for finding in found["findings"]}
    assert by_aspect == {"graph", "states", "artifacts", "cache keys", "lineage"}
    assert not [f for f in found["findings"] if f["verdict"] != "equal"]
