"""Stacks: components wired to each other, one output, other people's components."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

import fairlead.registry
from fairlead.contracts.manifest import StackManifest
from fairlead_components.config import read_config
from fairlead_components.provider.wire import decode
from fairlead_components.registry import component_names, find_component, flavors
from fairlead_components.stack import build, provision

Record = Callable[..., Any]
STACKS = Path(__file__).parents[2] / "stacks"


def config(components: dict[str, Any], **values: str) -> dict[str, str]:
    all_values = {"provider": "local", **values, "components": json.dumps(components)}
    return {f"fairlead:{key}": value for key, value in all_values.items()}


def test_a_stack_has_one_output_its_manifest_which_is_published(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported: dict[str, Any] = {}
    monkeypatch.setattr(
        pulumi, "export", lambda name, value: value.apply(lambda v: exported.update({name: v}))
    )
    components = {"artifact_store": {}, "step_operators": {"a": {}, "b": {"gpu": 1}}}
    _, recorder = record(provision, config=config(components))
    publication = recorder.requests["fairlead:index:ManifestPublication manifest"]
    manifest = StackManifest.model_validate(decode(publication.object).values["manifest"])
    assert sorted(manifest.components["step_operators"]) == ["a", "b"]
    assert publication.retainOnDelete
    assert list(exported) == ["fairlead"]
    assert exported["fairlead"]["digest"] == manifest.digest


@pytest.mark.parametrize("reversed_order", [False, True])
def test_a_registry_shares_the_trackers_database_wherever_it_stands(
    record: Record, *, reversed_order: bool
) -> None:
    kinds = ["artifact_store", "experiment_tracker", "model_registry"]
    components = {kind: {} for kind in (reversed(kinds) if reversed_order else kinds)}
    values = {"provider": "local", "components": json.dumps(components)}
    manifest, _ = record(lambda: build(read_config(values, "x")))
    found = manifest["components"]
    assert found["model_registry"]["registry_uri"] == found["experiment_tracker"]["tracking_uri"]


def test_a_registry_that_names_its_database_keeps_it(record: Record) -> None:
    components = {
        "artifact_store": {},
        "experiment_tracker": {},
        "model_registry": {"registry_uri": "sqlite:////elsewhere.db"},
    }
    values = {"provider": "local", "components": json.dumps(components)}
    manifest, _ = record(lambda: build(read_config(values, "x")))
    assert manifest["components"]["model_registry"]["registry_uri"] == "sqlite:////elsewhere.db"


def test_a_wrong_configuration_registers_nothing(record: Record) -> None:
    kept: list[Any] = []

    def program() -> None:
        with pytest.raises(pulumi.RunError, match="did you mean 'artifact_store'"):
            provision()
        kept.append("refused")

    _, recorder = record(program, config=config({"artifact_stor": {}}))
    assert kept == ["refused"]
    assert set(recorder.requests) <= {"pulumi:pulumi:Stack fairlead-unit"}


def test_the_program_is_short() -> None:
    assert len((STACKS / "__main__.py").read_text().splitlines()) <= 5


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package that adds a component and its contract, as a third party would."""
    package = tmp_path / "site"
    (package / "acme.dist-info").mkdir(parents=True)
    (package / "acme.dist-info/METADATA").write_text("Name: acme\nVersion: 1\n")
    (package / "acme.dist-info/entry_points.txt").write_text(
        "[fairlead.components]\nacme.secret_store.vault = acme_vault:VaultSecretStore\n"
        "[fairlead.contracts]\nsecret_store.vault = acme_vault:VaultContract\n"
    )
    (package / "acme_vault.py").write_text(
        (Path(__file__).parent / "third_party_component.py").read_text()
    )
    monkeypatch.syspath_prepend(package)
    fairlead.registry._third_party.cache_clear()
    yield
    sys.modules.pop("acme_vault", None)
    fairlead.registry._third_party.cache_clear()


@pytest.mark.usefixtures("installed")
def test_a_third_partys_component_joins_a_stack_untouched(record: Record) -> None:
    assert flavors("acme", "secret_store") == ["vault"]
    assert "acme.secret_store.vault" in component_names()
    assert find_component("acme", "secret_store").__name__ == "VaultSecretStore"
    components = {
        "artifact_store": {},
        "secret_store": {"provider": "acme", "address": "https://vault.example.org"},
    }
    values = {"provider": "local", "components": json.dumps(components)}
    manifest, _ = record(lambda: build(read_config(values, "x")))
    assert manifest["components"]["secret_store"] == {
        "flavor": "vault",
        "version": "1.0",
        "prefix": "",
        "address": "https://vault.example.org",
    }
