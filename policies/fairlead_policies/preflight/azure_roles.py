"""Azure's built-in roles that stacks of ours use, or that reviewers look for.

Source:
    https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from __future__ import annotations

from typing import Final

from fairlead_policies.preflight.azure import Role

_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_KEY = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"

BUILT_IN: Final[dict[str, Role]] = {
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": Role(
        "Storage Blob Data Reader",
        actions=(f"{_CONTAINERS}/read", _KEY),
        data_actions=(f"{_CONTAINERS}/blobs/read",),
    ),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": Role(
        "Storage Blob Data Contributor",
        actions=(
            f"{_CONTAINERS}/delete", f"{_CONTAINERS}/read", f"{_CONTAINERS}/write", _KEY,
        ),
        data_actions=(
            f"{_CONTAINERS}/blobs/delete", f"{_CONTAINERS}/blobs/read",
            f"{_CONTAINERS}/blobs/write", f"{_CONTAINERS}/blobs/move/action",
            f"{_CONTAINERS}/blobs/add/action",
        ),
    ),
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": Role(
        "Storage Blob Data Owner",
        actions=(f"{_CONTAINERS}/*", _KEY),
        data_actions=(f"{_CONTAINERS}/blobs/*",),
    ),
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": Role(
        "AcrPull", actions=("Microsoft.ContainerRegistry/registries/pull/read",)
    ),
    "8311e382-0749-4cb8-b61a-304f252e45ec": Role(
        "AcrPush",
        actions=(
            "Microsoft.ContainerRegistry/registries/pull/read",
            "Microsoft.ContainerRegistry/registries/push/write",
        ),
    ),
    "4633458b-17de-408a-b874-0445c86b69e6": Role(
        "Key Vault Secrets User",
        data_actions=(
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ),
    ),
    "e147488a-f6f5-4113-8e2d-b22465e65bf6": Role(
        "Key Vault Crypto Service Encryption User",
        actions=(
            "Microsoft.EventGrid/eventSubscriptions/write",
            "Microsoft.EventGrid/eventSubscriptions/read",
            "Microsoft.EventGrid/eventSubscriptions/delete",
        ),
        data_actions=(
            "Microsoft.KeyVault/vaults/keys/read",
            "Microsoft.KeyVault/vaults/keys/wrap/action",
            "Microsoft.KeyVault/vaults/keys/unwrap/action",
        ),
    ),
    "f1a07417-d97a-45cb-824c-7a7467783830": Role(
        "Managed Identity Operator",
        actions=(
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        ),
    ),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": Role("Reader", actions=("*/read",)),
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": Role("Owner", actions=("*",)),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": Role(
        "Contributor",
        actions=("*",),
        not_actions=(
            "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ),
    ),
}  # fmt: skip
