"""A registry of Azure: no administrator, no public network, its own key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from fairlead_components.azure.acr_container_registry import (
    AcrContainerRegistry,
    AcrContainerRegistryArgs,
    ExistingAcrRegistry,
)
from fairlead_components.base import ComponentError
from fairlead_components.isolation import Isolation

Record = Callable[..., Any]
KEY = "/subscriptions/s1/resourceGroups/ml/providers/Microsoft.KeyVault/vaults/v/keys/k"


def test_it_is_closed_encrypted_and_kept(record: Record) -> None:
    args = AcrContainerRegistryArgs(key=KEY, resource_group="ml")
    contract, recorder = record(
        lambda: AcrContainerRegistry("images", args).contract,
        config={"azure-native:subscriptionId": "s1"},
    )
    made = recorder.requests["azure-native:containerregistry:Registry images"]
    inputs = MessageToDict(made.object)
    assert inputs["adminUserEnabled"] is False
    assert inputs["anonymousPullEnabled"] is False
    assert inputs["publicNetworkAccess"] == "Disabled"
    assert inputs["sku"] == {"name": "Premium"}
    assert inputs["encryption"]["status"] == "enabled"
    assert inputs["policies"]["exportPolicy"] == {"status": "disabled"}
    assert made.protect
    assert made.retainOnDelete
    assert contract["uri"] == f"{inputs['registryName']}.azurecr.io"


def test_isolation_says_who_connects(record: Record) -> None:
    def made(**given: Any) -> dict[str, Any]:
        args = AcrContainerRegistryArgs(key=KEY, resource_group="ml", **given)
        _, recorder = record(
            lambda: AcrContainerRegistry("images", args).contract,
            config={"azure-native:subscriptionId": "s1", "fairlead:isolation": "vpc"},
        )
        return {key.rpartition(":")[2]: one.object for key, one in recorder.requests.items()}

    with pytest.raises(ComponentError, match=r"subnet: missing.*vpc"):
        made()  # as the stack says
    inside = made(subnet="/subscriptions/s1/virtualNetworks/v/subnets/e")
    endpoint = MessageToDict(inside["PrivateEndpoint images-endpoint"])
    assert endpoint["privateLinkServiceConnections"][0]["groupIds"] == ["registry"]
    public = MessageToDict(made(isolation=Isolation.NONE)["Registry images"])
    assert public["publicNetworkAccess"] == "Enabled"
    assert public["policies"]["exportPolicy"] == {"status": "enabled"}


def test_one_that_is_there_is_not_made(record: Record) -> None:
    there = "/subscriptions/s/…/Microsoft.ContainerRegistry/registries/Acme"
    args = AcrContainerRegistryArgs(existing=ExistingAcrRegistry(id=there))
    contract, recorder = record(lambda: AcrContainerRegistry("images", args).contract)
    assert len(recorder.made()) == 1
    assert contract["uri"] == "acme.azurecr.io"
