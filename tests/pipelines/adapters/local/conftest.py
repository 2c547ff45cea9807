from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the tests are no package

from fairlead.adapters.mlflow_client import connect


@pytest.fixture(scope="session")
def _empty_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty MLflow database: making one takes seconds, copying one none."""
    folder = tmp_path_factory.mktemp("mlflow")
    connect(f"sqlite:///{folder}/mlflow.db")
    return folder


@pytest.fixture
def mlflow_uri(_empty_mlflow: Path, tmp_path: Path) -> str:
    shutil.copytree(_empty_mlflow, tmp_path / "mlflow")
    return f"sqlite:///{tmp_path}/mlflow/mlflow.db"
