"""The digits example runs unchanged where artifacts lie in another cloud's store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.loading import load_pipeline
from fairlead.verification import compare_runs

pytestmark = [pytest.mark.server, pytest.mark.slow]

EXAMPLE = Path(__file__).parents[2] / "pipelines/examples/digits.py"


def stack(name: str, store: dict[str, Any], folder: Path) -> StackManifest:
    """Return a stack with compute on this machine; only the store differs."""
    database = f"sqlite:///{folder}/{name}.db"
    return StackManifest.build(
        name,
        "local",
        {
            "artifact_store": {"allow_pickle": True, **store},
            "orchestrator": {"flavor": "local"},
            "step_operators": {"default": {"flavor": "local"}},
            "experiment_tracker": {
                "flavor": "mlflow", "tracking_uri": database,
                "artifact_location": (folder / f"{name}-figures").as_uri(),
            },
            "model_registry": {
                "flavor": "mlflow", "registry_uri": database, "allow_pickle": True,
                "artifact_location": (folder / f"{name}-models").as_uri(),
            },
        },
    )  # fmt: skip


@pytest.mark.parametrize("flavor", ["gcs", "blob"])
def test_it_runs_to_the_same_as_here(
    flavor: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue({"gcs": "gcs_url", "blob": "azure_url"}[flavor])
    there: dict[str, Any] = {"flavor": flavor, "url": url}
    if flavor == "blob":
        there["account_name"] = "devstoreaccount1"
    here = {"flavor": "local", "url": (tmp_path / "store").as_uri()}
    training = load_pipeline(EXAMPLE, "training")
    runs = {
        name: training.run(manifest=stack(name, store, tmp_path))
        for name, store in (("here", here), ("there", there))
    }
    assert {step.state for step in runs["there"]} == {"succeeded"}
    assert compare_runs(runs).equal
