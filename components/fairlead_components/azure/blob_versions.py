"""What becomes of versions of blobs, and of what was deleted."""

from typing import Any

import pulumi
from pulumi_azure_native.storage import BlobServiceProperties, ManagementPolicy

from fairlead_components.base import Component

_RECOVERABLE_DAYS = 7
_NONCURRENT_DAYS = 90


def keep_versions(component: Component, name: str, where: Any) -> pulumi.Resource:
    """Keep versions for 90 days and what was deleted for a week; return what has to be there first.

    Args:
        component: The component that the account belongs to.
        name: The component's name.
        where: The account's and the resource group's names, as arguments of resources.
    """
    kept: Any = {"enabled": True, "days": _RECOVERABLE_DAYS}
    versions = BlobServiceProperties(
        f"{name}-versions",
        blob_services_name="default",
        is_versioning_enabled=True,
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        **where,
        opts=component.child(),
    )
    old = {"delete": {"days_after_creation_greater_than": _NONCURRENT_DAYS}}
    rule: Any = {
        "name": "old-versions",
        "type": "Lifecycle",
        "enabled": True,
        "definition": {
            "actions": {"version": old},
            "filters": {"blob_types": ["blockBlob"]},
        },
    }
    ManagementPolicy(
        f"{name}-lifecycle",
        management_policy_name="default",
        policy={"rules": [rule]},
        **where,
        opts=pulumi.ResourceOptions.merge(
            component.child(), pulumi.ResourceOptions(depends_on=[versions])
        ),
    )
    return versions
