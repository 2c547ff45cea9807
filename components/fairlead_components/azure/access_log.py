"""Who asked a service for what, in a Log Analytics workspace."""

from typing import Any

import pulumi
from pulumi_azure_native.monitor import DiagnosticSetting

from fairlead_components.base import Component


def access_log(
    component: Component,
    name: str,
    service: pulumi.Input[str],
    workspace: pulumi.Input[str] | None,
) -> None:
    """Send a service's audit log to a workspace; nothing without a workspace.

    Args:
        component: The component that it belongs to.
        name: The component's name.
        service: The resource id of what is logged.
        workspace: The workspace's resource id.

    Source:
        https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings
    """
    if workspace is None:
        return
    audit: Any = {"category_group": "audit", "enabled": True}
    DiagnosticSetting(
        f"{name}-log",
        name="fairlead",
        resource_uri=service,
        workspace_id=workspace,
        logs=[audit],
        opts=component.child(),
    )
