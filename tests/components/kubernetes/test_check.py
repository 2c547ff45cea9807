"""``fairlead check`` finds nothing wrong with the committed stack, and its roles exact."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [pytest.mark.engine, pytest.mark.slow]

STACK = Path(__file__).parents[3] / "stacks/Pulumi.kubernetes.yaml"
IMAGE = f"registry.example.org/versitygw@sha256:{'0' * 64}"


@pytest.mark.parametrize("whole", [False, True], ids=["without MLflow", "as committed"])
def test_the_stack_passes_and_no_identity_lacks_or_wastes_a_right(
    project: Any, *, whole: bool
) -> None:
    document = yaml.safe_load(STACK.read_text())
    document["config"]["kubernetes:context"] = "there"
    components = document["config"]["fairlead:components"]
    components["artifact_store"] = {"image": IMAGE}
    if whole:
        components["experiment_tracker"] = {"image": IMAGE, "database": {"image": IMAGE}}
        components["model_deployer"] = {"image": IMAGE}
    else:
        for kind in ("experiment_tracker", "model_registry", "model_deployer"):
            del components[kind]
    project.folder.joinpath(STACK.name).write_text(yaml.safe_dump(document))
    done = subprocess.run(
        [sys.executable, "-m", "fairlead.cli.main", "check", "kubernetes", "--format", "json"],
        cwd=project.folder, env=project.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout[-4000:]
    results = {row["control"]: row["result"] for row in json.loads(done.stdout)["matrix"]}
    assert {"fail", "not evaluated"}.isdisjoint(results.values())
    assert results["PRE-IAM-01"] == results["PRE-IAM-02"] == "pass"
    assert results["K8S-NS-01"] == results["K8S-NP-01"] == results["K8S-POD-05"] == "pass"
