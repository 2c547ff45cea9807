"""The digits example keeps its graph and the shape of its artifacts, and works on a real stack.

After a change that is meant, `FAIRLEAD_UPDATE_GOLDEN=1 pytest tests/examples` writes the kept
files anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.mlflow_client import connect
from fairlead.binding import Stack
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import RunFailedError
from fairlead.loading import load_pipeline

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "pipelines/examples/digits.py"

STEPS = {
    "load", "profile", "split", "train_linear", "train_forest", "train_svm", "evaluate_linear",
    "evaluate_forest", "evaluate_svm", "choose", "register",
}  # fmt: skip


def compare(name: str, found: Any) -> None:
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    if os.environ.get("FAIRLEAD_UPDATE_GOLDEN"):
        (HERE / name).write_text(text)
    assert text == (HERE / name).read_text()


@pytest.fixture(scope="module")
def training():
    return load_pipeline(EXAMPLE, "training")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> StackManifest:
    """Return a stack with MLflow as tracker and registry, as `fairlead up local` provisions it."""
    folder = tmp_path_factory.mktemp("stack")
    database = f"sqlite:///{folder}/mlflow/mlflow.db"
    return StackManifest.build(
        "local",
        "local",
        {
            "artifact_store": {
                "flavor": "local", "url": (folder / "store").as_uri(), "allow_pickle": True,
            },
            "orchestrator": {"flavor": "local"},
            "step_operators": {"default": {"flavor": "local"}},
            "experiment_tracker": {
                "flavor": "mlflow", "tracking_uri": database,
                "artifact_location": (folder / "figures").as_uri(),
            },
            "model_registry": {
                "flavor": "mlflow", "registry_uri": database, "allow_pickle": True,
                "artifact_location": (folder / "models").as_uri(),
            },
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(training: Any, manifest: StackManifest) -> Any:
    """Run the example once, in worker processes; the tests below look at what it left."""
    return training.run(manifest=manifest, tags={"team": "vision"})


def test_the_graph(training: Any) -> None:
    graph = training.trace().model_dump(mode="json", exclude_defaults=True)
    for definition in graph["definitions"].values():
        del definition["source"]  # changes with every edit, as it must
    compare("digits.graph.json", graph)


def test_every_step_succeeds_and_the_model_is_good(run: Any) -> None:
    assert {step.id for step in run} == STEPS
    assert {step.state for step in run} == {"succeeded"}
    accuracy = run["choose"].outputs["accuracy"].load()
    assert accuracy >= 0.95
    assert accuracy == max(run[name].output.load() for name in STEPS if name.startswith("eval"))
    assert run.tags["team"] == "vision"


def test_the_artifacts(run: Any) -> None:
    kept = ("kind", "shape", "schema", "length")
    found = {
        step.id: {
            name: {
                "type": output.record.type,
                "form": output.record.form,
                "materializer": output.record.materializer,
                "metadata": {k: v for k, v in output.record.metadata.items() if k in kept},
            }
            for name, output in step.outputs.items()
        }
        for step in run
    }
    compare("digits.artifacts.json", found)


def test_mlflow_shows_the_run_its_steps_and_the_model(
    run: Any, manifest: StackManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    from sklearn.datasets import load_digits

    uri = manifest.components["experiment_tracker"]["tracking_uri"]
    client = connect(uri)
    experiment = client.get_experiment_by_name("training").experiment_id
    top, *others = client.search_runs([experiment], "tags.`fairlead.role` = 'run'")
    assert (others, top.info.run_name, top.info.status) == ([], run.id, "FINISHED")
    best = run["choose"].outputs["candidate"].load()
    assert top.data.metrics[f"evaluate_{best}/accuracy"] == top.data.metrics["choose/accuracy"]
    attempts = client.search_runs([experiment], "tags.`fairlead.role` = 'attempt'")
    assert {item.data.tags["mlflow.parentRunId"] for item in attempts} == {top.info.run_id}
    names = {item.info.run_name: item.info.run_id for item in attempts}
    [figure] = client.list_artifacts(names[f"evaluate_{best}"], "figures")
    assert figure.path == "figures/confusion_matrix.png"

    registered = Stack(manifest).adapter("model_registry").get("digits", "champion")
    assert registered.source == f"{run.id}/train_{best}/model"
    assert registered.digest == run[f"train_{best}"].output.record.digest
    assert registered.version == run["register"].output.load()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    model = mlflow.pyfunc.load_model("models:/digits@champion")
    images, labels = load_digits(return_X_y=True, as_frame=True)
    assert (model.predict(images) == labels).mean() >= 0.95


def test_again_is_cached(training: Any, run: Any, manifest: StackManifest) -> None:
    again = training.run(manifest=manifest)
    assert {step.state for step in again} == {"cached"}
    assert again["choose"].outputs["accuracy"].load() == run["choose"].outputs["accuracy"].load()


def test_a_model_that_is_not_good_enough_is_not_registered(
    training: Any, run: Any, manifest: StackManifest
) -> None:
    with pytest.raises(RunFailedError, match="choose") as failed:
        training.run(manifest=manifest, required_accuracy=0.999)
    states = {step.id: step.state for step in failed.value.run}
    assert states["choose"] == "failed"
    assert states["register"] not in ("succeeded", "cached")
    assert len(Stack(manifest).adapter("model_registry").versions("digits")) == 1
