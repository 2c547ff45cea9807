"""A container as artifact store: no keys, no public, its own key, written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from fairlead_components.azure.blob_artifact_store import (
    BlobArtifactStore,
    BlobArtifactStoreArgs,
    ExistingContainer,
)
from fairlead_components.base import ComponentError

Record = Callable[..., Any]
KEY = "/subscriptions/s1/resourceGroups/ml/providers/Microsoft.KeyVault/vaults/v/keys/k"
ACCOUNT = "azure-native:storage:StorageAccount store"
POLICY = "azure-native:storage:BlobContainerImmutabilityPolicy store-write-once"


@pytest.fixture
def make(record: Record) -> Any:
    def run(*, subscription: str = "s1", **args: Any) -> Any:
        given = {"key": KEY, "resource_group": "ml", **args}
        return record(
            lambda: BlobArtifactStore("store", BlobArtifactStoreArgs(**given)).contract,
            config={"azure-native:subscriptionId": subscription},
        )

    return run


def test_nothing_is_open(make: Any) -> None:
    _, recorder = make()
    account = MessageToDict(recorder.requests[ACCOUNT].object)
    assert account["allowSharedKeyAccess"] is False
    assert account["allowBlobPublicAccess"] is False
    assert account["allowCrossTenantReplication"] is False
    assert account["isLocalUserEnabled"] is False
    assert account["minimumTlsVersion"] == "TLS1_2"
    assert account["publicNetworkAccess"] == "Disabled"
    assert account["networkRuleSet"]["defaultAction"] == "Deny"
    assert account["encryption"]["keySource"] == "Microsoft.Keyvault"
    assert account["encryption"]["requireInfrastructureEncryption"] is True
    assert account["encryption"]["keyVaultProperties"] == {
        "keyVaultUri": "https://v.vault.azure.net", "keyName": "k",
    }  # fmt: skip
    container = recorder.requests["azure-native:storage:BlobContainer store"]
    assert MessageToDict(container.object)["publicAccess"] == "None"


def test_only_named_addresses_are_let_in(make: Any) -> None:
    _, recorder = make(allowed_ips=["203.0.113.7"])
    rules = MessageToDict(recorder.requests[ACCOUNT].object)["networkRuleSet"]
    assert rules["defaultAction"] == "Deny"
    assert [one["iPAddressOrRange"] for one in rules["ipRules"]] == ["203.0.113.7"]
    with pytest.raises(ComponentError, match="everybody"):
        make(allowed_ips=["0.0.0.0/0"])


def test_what_is_written_stays(make: Any) -> None:
    _, recorder = make()
    policy = MessageToDict(recorder.requests[POLICY].object)
    assert policy["immutabilityPeriodSinceCreationInDays"] == 7
    versions = recorder.requests["azure-native:storage:BlobServiceProperties store-versions"]
    assert MessageToDict(versions.object)["isVersioningEnabled"] is True
    # The identity that uses the key stays too: nothing could be read without it.
    for key in (ACCOUNT, "azure-native:storage:BlobContainer store",
                "azure-native:authorization:RoleAssignment store-key",
                "azure-native:managedidentity:UserAssignedIdentity store-encryption"):  # fmt: skip
        assert recorder.requests[key].protect, key
        assert recorder.requests[key].retainOnDelete, key
    assert POLICY not in make(immutable_days=0)[1].requests


def test_subscriptions_do_not_share_a_name(make: Any) -> None:
    assert len({make(subscription=s)[0]["account_name"] for s in ("s1", "s2")}) == 2


def test_one_that_is_there_is_not_made(make: Any) -> None:
    there = ExistingContainer(url="abfs://ml/prod", account_name="acme")
    contract, recorder = make(existing=there, key=None, resource_group=None)
    assert len(recorder.made()) == 1
    assert (contract["url"], contract["account_name"]) == ("abfs://ml/prod", "acme")


@pytest.mark.parametrize("missing", ["key", "resource_group"])
def test_without_key_or_group_it_is_not_made(make: Any, missing: str) -> None:
    with pytest.raises(ComponentError, match=f"{missing}: missing"):
        make(**{missing: None})
