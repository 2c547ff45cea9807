"""A key of Azure: in a closed vault, renewed, beyond purging, or one that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict

from fairlead_components.azure.key_vault_key import ExistingVaultKey, KeyVaultKey, KeyVaultKeyArgs

Record = Callable[..., Any]


def test_the_vault_is_closed_and_the_key_is_renewed_and_kept(record: Record) -> None:
    args = KeyVaultKeyArgs(resource_group="ml")
    contract, recorder = record(
        lambda: KeyVaultKey("key", args).contract,
        config={"azure-native:subscriptionId": "s1"},
        preview=True,
    )
    vault = recorder.requests["azure-native:keyvault:Vault key-vault"]
    key = recorder.requests["azure-native:keyvault:Key key"]
    properties = MessageToDict(vault.object)["properties"]
    assert properties["enablePurgeProtection"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert properties["enableRbacAuthorization"] is True
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["networkAcls"]["defaultAction"] == "Deny"
    rotation = MessageToDict(key.object)["properties"]["rotationPolicy"]
    assert rotation["lifetimeActions"][0]["trigger"] == {"timeAfterCreate": "P90D"}
    for one in (vault, key):
        assert one.protect
        assert one.retainOnDelete
    assert contract["resource_id"].startswith("/subscriptions/s1/resourceGroups/ml/")
    assert contract["key_id"].startswith("https://fairlead-unit-")


def test_one_that_is_there_is_not_made(record: Record) -> None:
    there = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v/keys/k"
    args = KeyVaultKeyArgs(existing=ExistingVaultKey(id=there))
    contract, recorder = record(lambda: KeyVaultKey("key", args).contract)
    assert len(recorder.made()) == 1
    assert contract["key_id"] == "https://v.vault.azure.net/keys/k"
