"""A storage account that is closed: no keys, no anonymous access, its own key, chosen networks."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_azure_native.storage import StorageAccount

from fairlead_components.azure.defaults import key_url
from fairlead_components.azure.encryption import Encryption
from fairlead_components.base import Component
from fairlead_components.isolation import Isolation


def closed_account(
    component: Component,
    name: str,
    *,
    account_name: pulumi.Input[str],
    group: pulumi.Input[str],
    location: pulumi.Input[str] | None,
    redundancy: pulumi.Input[str],
    isolation: Isolation,
    allowed_ips: Sequence[str],
    key: pulumi.Input[str],
    encryption: Encryption,
) -> StorageAccount:
    """Make a storage account that only identities reach.

    Args:
        component: The component that it belongs to.
        name: The component's name.
        account_name: The account's own name.
        group: The resource group.
        location: The region; the provider's if None.
        redundancy: Its SKU.
        isolation: With ``none``, every network connects unless addresses are named.
        allowed_ips: Addresses outside of Azure that may connect; with none, no public network does.
        key: The key's resource id.
        encryption: Who uses the key.
    """
    url = pulumi.Output.from_input(key).apply(key_url)
    rules: Any = [{"i_p_address_or_range": one, "action": "Allow"} for one in allowed_ips]
    encrypted: Any = {
        "key_source": "Microsoft.Keyvault",
        "require_infrastructure_encryption": True,
        "encryption_identity": {"encryption_user_assigned_identity": encryption.identity_id},
        "key_vault_properties": {
            "key_vault_uri": url.apply(lambda known: known.rpartition("/keys/")[0]),
            "key_name": url.apply(lambda known: known.rpartition("/")[2]),
        },
        "services": {
            "blob": {"enabled": True, "key_type": "Account"},
            "file": {"enabled": True, "key_type": "Account"},
        },
    }
    users: Any = {
        "type": "UserAssigned",
        "user_assigned_identities": [encryption.identity_id],
    }
    is_open = isolation is Isolation.NONE
    default = "Allow" if is_open and not rules else "Deny"
    network: Any = {"bypass": "AzureServices", "default_action": default, "ip_rules": rules}
    return StorageAccount(
        name,
        account_name=account_name,
        resource_group_name=group,
        location=location,
        kind="StorageV2",
        sku={"name": redundancy},
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        allow_cross_tenant_replication=False,
        allowed_copy_scope="AAD",
        default_to_o_auth_authentication=True,
        is_local_user_enabled=False,
        is_sftp_enabled=False,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        public_network_access="Enabled" if rules or is_open else "Disabled",
        network_rule_set=network,
        identity=users,
        encryption=encrypted,
        tags=component.tags(),
        opts=component.child(data=True),
    )
