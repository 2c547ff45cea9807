"""The MLflow registry obeys the law of all registries; MLflow's own tools load what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.adapters.local.mlflow_experiment_tracker import MlflowExperimentTracker
from fairlead.adapters.local.mlflow_model_registry import MlflowModelRegistry
from fairlead.adapters.mlflow_client import connect
from fairlead.contracts.experiment_tracker import MlflowExperimentTrackerContract
from fairlead.contracts.model_registry import MlflowModelRegistryContract
from fairlead.errors import FairleadError, IntegrityError, MaterializerError
from fairlead.testing.experiment_tracker import tracked
from fairlead.testing.model_registry import DIGEST, SOURCE, ModelRegistryConformance


@pytest.fixture
def registry(mlflow_uri: str, tmp_path: Path) -> MlflowModelRegistry:
    location = f"file://{tmp_path}/models"
    return MlflowModelRegistry(
        MlflowModelRegistryContract(registry_uri=mlflow_uri, artifact_location=location)
    )


class TestMlflowModelRegistry(ModelRegistryConformance):
    @pytest.fixture
    def registry(self, registry: MlflowModelRegistry) -> MlflowModelRegistry:
        return registry


class Doubler:
    def predict(self, number: int) -> int:
        return 2 * number


@pytest.fixture(scope="module")
def forest():
    from sklearn.datasets import load_digits
    from sklearn.ensemble import RandomForestClassifier

    images, labels = load_digits(return_X_y=True)
    return RandomForestClassifier(5, random_state=0).fit(images[:300], labels[:300])


def test_mlflow_loads_a_scikit_learn_model_by_its_alias(
    registry: MlflowModelRegistry, mlflow_uri: str, forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    from sklearn.datasets import load_digits

    images, _ = load_digits(return_X_y=True)
    registry.register("digits", forest, source=SOURCE, digest=DIGEST, aliases=["champion"])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_uri)
    loaded = mlflow.pyfunc.load_model("models:/digits@champion")
    assert (loaded.predict(images[:50]) == forest.predict(images[:50])).all()
    again = registry.load("digits", "champion")
    assert (again.predict(images[:50]) == forest.predict(images[:50])).all()
    assert type(again) is type(forest)


def test_a_version_is_linked_to_the_tracked_run_that_made_it(
    registry: MlflowModelRegistry, mlflow_uri: str
) -> None:
    tracker = MlflowExperimentTracker(MlflowExperimentTrackerContract(tracking_uri=mlflow_uri))
    tracker.log_metrics(tracked(), {"accuracy": 0.97}, at=None)
    registry.register("digits", [1], source=SOURCE, digest=DIGEST)
    client = connect(mlflow_uri)
    run = client.get_run(client.get_model_version("digits", "1").run_id)
    assert run.info.run_name == SOURCE.partition("/")[0]


def test_what_executes_code_on_load_is_refused_unless_the_stack_allows_it(
    registry: MlflowModelRegistry, mlflow_uri: str, tmp_path: Path
) -> None:
    with pytest.raises(MaterializerError, match="allow_pickle"):
        registry.register("doubler", Doubler(), source=SOURCE, digest=DIGEST)
    assert registry.versions("doubler") == []
    trusting = MlflowModelRegistry(
        MlflowModelRegistryContract(
            registry_uri=mlflow_uri, artifact_location=f"file://{tmp_path}/m", allow_pickle=True
        )
    )
    trusting.register("doubler", Doubler(), source=SOURCE, digest=DIGEST)
    assert trusting.load("doubler", "1").predict(21) == 42
    with pytest.raises(MaterializerError, match="allow_pickle"):
        registry.load("doubler", "1")


def test_a_changed_file_is_not_loaded(registry: MlflowModelRegistry, tmp_path: Path) -> None:
    registry.register("digits", {"weights": [1.5]}, source=SOURCE, digest=DIGEST)
    [file] = [path for path in (tmp_path / "models").rglob("artifacts/**/*") if path.is_file()]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"1.5", b"9.5"))
    with pytest.raises(IntegrityError):
        registry.load("digits", "1")


def test_files_lie_where_the_server_keeps_them_if_the_contract_names_no_place(
    mlflow_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    connect(mlflow_uri).create_experiment(
        "registered models", artifact_location=f"file://{tmp_path}/server"
    )
    registry = MlflowModelRegistry(MlflowModelRegistryContract(registry_uri=mlflow_uri))
    registry.register("digits", [1], source=SOURCE, digest=DIGEST)
    assert registry.load("digits", "1") == [1]
    assert list((tmp_path / "server").rglob("fairlead.json"))


def test_an_alias_that_mlflow_reserves_is_told_with_its_reason(
    registry: MlflowModelRegistry,
) -> None:
    with pytest.raises(FairleadError, match="'latest' alias name"):
        registry.register("digits", [1], source=SOURCE, digest=DIGEST, aliases=["latest"])
