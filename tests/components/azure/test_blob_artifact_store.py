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
from fairlead_components.isolation import Isolation

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


SUBNET = "/subscriptions/s1/resourceGroups/ml/providers/M.Network/virtualNetworks/v/subnets/e"


def test_a_private_endpoint_leads_from_the_subnet_by_the_accounts_own_name(make: Any) -> None:
    _, recorder = make(subnet=SUBNET, isolation=Isolation.VPC)
    made = {key.rpartition(":")[2]: MessageToDict(one.object)
            for key, one in recorder.requests.items()}  # fmt: skip
    endpoint = made["PrivateEndpoint store-endpoint"]
    assert endpoint["subnet"] == {"id": SUBNET}
    (connection,) = endpoint["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["blob"]
    zone = made["PrivateZone store-zone"]
    assert zone["privateZoneName"] == "privatelink.blob.core.windows.net"
    link = made["VirtualNetworkLink store-zone-link"]
    assert link["virtualNetwork"] == {"id": SUBNET.partition("/subnets")[0]}
    assert "PrivateDnsZoneGroup store-names" in made
    hub = make(subnet=SUBNET, private_dns_zone="/subscriptions/hub/z")[1].requests
    assert not any("PrivateZone" in key for key in hub)


def test_isolation_says_who_connects_and_needs_what_brings_it_about(make: Any) -> None:
    def network(**args: Any) -> tuple[str, str]:
        account = MessageToDict(make(**args)[1].requests[ACCOUNT].object)
        return account["publicNetworkAccess"], account["networkRuleSet"]["defaultAction"]

    assert network() == network(isolation=Isolation.PRIVATE) == ("Disabled", "Deny")
    assert network(isolation=Isolation.NONE) == ("Enabled", "Allow")
    assert network(isolation=Isolation.NONE, allowed_ips=["203.0.113.7"]) == ("Enabled", "Deny")
    for wrong in ({}, {"subnet": SUBNET, "allowed_ips": ["203.0.113.7"]}):
        with pytest.raises(ComponentError, match="isolation: vpc"):
            make(isolation=Isolation.VPC, **wrong)
    with pytest.raises(ComponentError, match="subnet"):
        make(private_dns_zone="/subscriptions/hub/z")


def test_a_workspace_learns_who_asked_for_what(make: Any) -> None:
    _, recorder = make(log_workspace="/subscriptions/s1/workspaces/w")
    log = MessageToDict(
        recorder.requests["azure-native:monitor:DiagnosticSetting store-log"].object
    )
    assert log["logs"] == [{"categoryGroup": "audit", "enabled": True}]
    assert log["resourceUri"].endswith("/blobServices/default")
