"""What all components share: contracts without secrets, protection of data, adoption."""

# ruff: noqa: UP045 - components are written so

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Optional

import pulumi
import pytest

from fairlead.contracts.schema import contract_classes
from fairlead_components import base
from fairlead_components.base import Component, ComponentError
from fairlead_components.local.local_artifact_store import (
    ExistingFolder,
    LocalArtifactStore,
    LocalArtifactStoreArgs,
)
from fairlead_components.local.mlflow_experiment_tracker import (
    ExistingTracker,
    LocalMlflowExperimentTracker,
    LocalMlflowExperimentTrackerArgs,
)
from fairlead_components.registry import component_names, find_component

Record = Callable[..., Any]
CANARY = "hunter2-canary"


def test_data_is_protected_and_retained_unless_a_program_says_otherwise(record: Record) -> None:
    def program() -> None:
        LocalArtifactStore("default", LocalArtifactStoreArgs())
        LocalArtifactStore("open", LocalArtifactStoreArgs(path="/b"), pulumi.ResourceOptions(
            protect=False, retain_on_delete=False))  # fmt: skip

    _, recorder = record(program)
    sent = {
        name: (request.protect, request.retainOnDelete)
        for key, request in recorder.requests.items()
        for kind, _, name in [key.partition(" ")]
        if kind == "fairlead:index:Directory"
    }
    assert sent == {"default": (True, True), "open": (False, False)}
    # The component itself holds nothing: it can be taken out of a program.
    assert not recorder.requests["fairlead-components:index:LocalArtifactStore default"].protect


def test_children_lie_below_their_component_and_the_contract_is_its_output(record: Record) -> None:
    contract, recorder = record(
        lambda: LocalArtifactStore("store", LocalArtifactStoreArgs(path="/data/ä b")).contract
    )
    assert contract == {
        "flavor": "local", "version": "1.0", "allow_pickle": True, "url": "file:///data/%C3%A4%20b",
    }  # fmt: skip
    child = recorder.requests["fairlead:index:Directory store"]
    assert child.parent.endswith("LocalArtifactStore::store")
    (published,) = [out for urn, out in recorder.outputs.items() if urn.endswith("::store")]
    assert published["contract"]["url"] == contract["url"]


_GROUP = {"resource_group": "ml"}
_IMAGE = "registry.example/versitygw@sha256:" + "0" * 64
_CRYPTO_KEY = {"key": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}
_VAULT_KEY = {"key": "https://vault.example/keys/k"}

#: What components cannot do without; the others take nothing.
LEAST: dict[str, dict[str, Any]] = {
    "kubernetes.artifact_store.versitygw": {"image": _IMAGE},
    "kubernetes.artifact_store.s3": {"existing": {"url": "s3://bucket/store"}},
    "kubernetes.artifact_store.gcs": {"existing": {"url": "gs://bucket/store"}},
    "kubernetes.artifact_store.blob": {
        "existing": {"url": "abfs://container/store", "account_name": "account"}
    },
    "kubernetes.experiment_tracker.mlflow": {"image": _IMAGE, "database": {"image": _IMAGE}},
    "kubernetes.model_registry.mlflow": {"registry_uri": "https://mlflow.example"},
    "kubernetes.model_deployer.mlflow": {"image": _IMAGE},
    "kubernetes.model_deployer.kserve": {"image": _IMAGE},
    "kubernetes.container_registry.oci": {"uri": "registry.example/ml"},
    "gcp.artifact_store.gcs": _CRYPTO_KEY,
    "gcp.container_registry.artifact_registry": _CRYPTO_KEY,
    "azure.key.key_vault": _GROUP,
    "azure.artifact_store.blob": _GROUP | _VAULT_KEY,
    "azure.container_registry.acr": _GROUP | _VAULT_KEY,
    "azure.identity.managed": _GROUP,
}


@pytest.mark.parametrize("name", component_names())
def test_every_component_alone_takes_a_mapping_as_the_host_hands_it_in(
    record: Record, name: str
) -> None:
    component = find_component(*name.split(".", 2))
    made: Any = component
    config = {"kubernetes:context": "tests"}
    contract, _ = record(lambda: made("alone", LEAST.get(name, {})).contract, config=config)
    assert contract["flavor"] == component.flavor


def test_existing_and_what_to_create_contradict_each_other(record: Record) -> None:
    args = LocalArtifactStoreArgs(path="/a", existing=ExistingFolder(path="/b"))
    with pytest.raises(ComponentError, match="path: says what to create"):
        record(lambda: LocalArtifactStore("store", args))


def test_outputs_that_are_unknown_in_a_preview_stay_unknown(record: Record) -> None:
    def program() -> Any:
        unknown = pulumi.Output(resolved(set()), resolved(None), resolved(False))
        args = LocalArtifactStoreArgs(existing=ExistingFolder(path=unknown))
        return LocalArtifactStore("store", args).contract.is_known()

    async def resolved(value: Any) -> Any:
        return value

    known, _ = record(program, preview=True)
    assert known is False


def leaks() -> Iterable[tuple[str, Callable[[], Any]]]:
    """Ways in which a value that must not be shown could get into a contract."""
    yield "a Pulumi secret", lambda: pulumi.Output.secret(CANARY)
    yield "part of a secret", lambda: pulumi.Output.concat("file:///", pulumi.Output.secret(CANARY))
    yield "derived of a secret", lambda: pulumi.Output.secret(CANARY).apply(lambda text: text[:3])
    yield "nested in a list", lambda: [pulumi.Output.secret(CANARY)]
    yield "a URL with a password", lambda: f"https://user:{CANARY}@example.org"
    yield "a signed URL", lambda: f"https://example.org/x?sig={CANARY}"
    yield "a private key", lambda: f"-----BEGIN RSA PRIVATE KEY-----{CANARY}"
    yield "an access key", lambda: "AKIA" + "ABCDEFGHIJKLMNOP"
    yield "a nested password", lambda: {"password": CANARY}
    yield "a nested key", lambda: {"nested": {"private-key": CANARY, "accessKey": CANARY}}
    yield "a nested token", lambda: {"deep": [{"apiToken": CANARY}]}


@dataclass(kw_only=True)
class LeakArgs:
    pass


@pytest.mark.parametrize("how", [name for name, _ in leaks()])
@pytest.mark.parametrize("kind", sorted(contract_classes()))
def test_no_contract_takes_a_secret(
    record: Record, monkeypatch: pytest.MonkeyPatch, kind: str, how: str
) -> None:
    for model in contract_classes()[kind]:
        for name in [*model.model_fields, "beside"]:

            class Leak(Component):
                def __init__(
                    self, label: str, args: LeakArgs, opts: Optional[pulumi.ResourceOptions] = None
                ) -> None:
                    super().__init__(label, args, opts)
                    self.publish(**{name: dict(leaks())[how]()})  # noqa: B023

            Leak.kind, Leak.flavor = kind, "leaky"
            monkeypatch.setattr(base, "load", lambda *_, model=model: model)
            with pytest.raises(ComponentError) as caught:
                record(lambda: Leak("leak", LeakArgs()).contract)
            assert CANARY not in str(caught.value)
            assert "Leak 'leak'" in str(caught.value)


@pytest.mark.parametrize(
    "field", ["password", "token", "api_key", "secretKey", "connection_string", "db-passphrase"]
)
def test_no_contract_has_a_field_for_a_secret(record: Record, field: str) -> None:
    def program() -> Any:
        store: Any = LocalArtifactStore("store", LocalArtifactStoreArgs(path="/data"))
        return base.contract(store, "store", {"url": "file:///data", field: CANARY})

    with pytest.raises(ComponentError, match=f"{field}: looks like a secret") as caught:
        record(program)
    assert CANARY not in str(caught.value)


def test_a_contract_that_is_wrong_names_component_and_field_but_not_the_value(
    record: Record,
) -> None:
    args = LocalMlflowExperimentTrackerArgs(
        existing=ExistingTracker(tracking_uri=pulumi.Output.from_input(5))  # type: ignore[arg-type]
    )
    with pytest.raises(
        ComponentError, match="'t' cannot promise its contract: tracking_uri: Input"
    ):
        record(lambda: LocalMlflowExperimentTracker("t", args).contract)
