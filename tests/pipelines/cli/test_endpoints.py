"""``fairlead endpoints`` asks the stack's deployer; what a cluster does is tested there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.adapters.kubernetes.mlflow_model_deployer import MlflowModelDeployer
from fairlead.adapters.local.mlflow_model_registry import MlflowModelRegistry
from fairlead.cli.main import main
from fairlead.contracts.manifest import StackManifest
from fairlead.ports.model_deployer import Endpoint, EndpointState
from fairlead.testing.model_deployer import MODEL

URL = "http://digits.ml.svc:8080/invocations"


@pytest.fixture(autouse=True)
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = f"registry.example.org/mlflow@sha256:{'1' * 64}"
    pods = {"namespace": "ml", "service_account": "serving"}
    components = {
        "artifact_store": {"flavor": "local", "url": (tmp_path / "store").as_uri()},
        "model_registry": {"flavor": "mlflow", "registry_uri": "http://tracker:5000"},
        "model_deployer": {"flavor": "mlflow", "image": image, "pods": pods},
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(StackManifest.build("k", "kubernetes", components).document()))
    monkeypatch.setenv("FAIRLEAD_MANIFEST", str(path))


def fairlead(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def serves(monkeypatch: pytest.MonkeyPatch, *states: EndpointState) -> list[tuple[str, str]]:
    """Let the cluster answer with one state after the other; return what is asked of it."""
    asked: list[tuple[str, str]] = []
    told = [Endpoint("scans", "digits", "1", URL, state, "why") for state in states]

    def deploy(self: object, name: str, model: object) -> Endpoint:
        asked.append((name, str(model)))
        return told.pop(0)

    monkeypatch.setattr(MlflowModelRegistry, "get", lambda *_: MODEL)
    monkeypatch.setattr(MlflowModelDeployer, "deploy", deploy)
    monkeypatch.setattr(MlflowModelDeployer, "status", lambda *_: told.pop(0) if told else None)
    monkeypatch.setattr("fairlead.cli.endpoints._POLL", 0.0)
    return asked


def test_deploy_waits_until_it_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = serves(monkeypatch, EndpointState.UPDATING, EndpointState.UPDATING, EndpointState.READY)
    assert fairlead("endpoints", "deploy", "digits@champion", "--name", "scans", "--json") == 0
    assert [name for name, _ in asked] == ["scans"]
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["url"], told["version"]) == ("ready", URL, "1")


def test_what_does_not_come_up_ends_badly_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serves(monkeypatch, EndpointState.UPDATING, EndpointState.FAILED)
    assert fairlead("endpoints", "deploy", "digits@1") == 1
    assert "why" in capsys.readouterr().out


def test_a_version_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert fairlead("endpoints", "deploy", "digits") == 2
    assert "digits@champion" in capsys.readouterr().err


def test_an_endpoint_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serves(monkeypatch)
    assert fairlead("endpoints", "show", "scans") == 2
    assert "no endpoint 'scans'" in capsys.readouterr().err
