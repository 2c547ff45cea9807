"""Where Azure's components are, and the ids that follow from names that we choose."""

import uuid

import pulumi
from pulumi_azure_native.authorization import get_client_config_output

from fairlead_components.base import ComponentError

#: The GUIDs that we choose are of this name space.
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "fairlead:azure")


def subscription() -> pulumi.Output[str]:
    """Return the subscription that resources are made in: known before anything is made."""
    given = pulumi.Config("azure-native").get("subscriptionId")
    if given:
        return pulumi.Output.from_input(given)
    return get_client_config_output().apply(lambda known: known.subscription_id)


def tenant() -> pulumi.Output[str]:
    """Return the tenant that the subscription trusts."""
    return get_client_config_output().apply(lambda known: known.tenant_id)


def required_group(given: pulumi.Input[str] | None, who: str) -> pulumi.Input[str]:
    """Return the resource group that a component's resources are made in.

    Args:
        given: The group's name.
        who: The component's class and name, for the error.

    Raises:
        ComponentError: There is none.
    """
    if given is None:
        raise ComponentError(
            f"{who}: resource_group: missing; name the group of this environment: "
            "`az group create --name … --location …` makes one"
        )
    return given


def required_key(given: pulumi.Input[str] | None, who: str) -> pulumi.Input[str]:
    """Return the key that encrypts what a component holds.

    Args:
        given: The key's resource id.
        who: The component's class and name, for the error.

    Raises:
        ComponentError: There is none.
    """
    if given is None:
        raise ComponentError(
            f"{who}: key: missing; add a `key` to the stack's components, or give the resource id "
            "of one: /subscriptions/…/vaults/…/keys/…"
        )
    return given


def resource_id(group: pulumi.Input[str], path: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the id of a resource, which follows from where it is and what it is called.

    Args:
        group: Its resource group.
        path: ``Microsoft.…/type/name``.
    """
    found: pulumi.Output[str] = pulumi.Output.format(
        "/subscriptions/{0}/resourceGroups/{1}/providers/{2}", subscription(), group, path
    )
    return found


def guid(*parts: str) -> str:
    """Return a GUID, the same for the same parts.

    Example:
        >>> guid("fairlead", "prod") == guid("fairlead", "prod") != guid("fairlead", "dev")
        True
    """
    return str(uuid.uuid5(_SPACE, "\0".join(parts)))


def key_url(key: str) -> str:
    """Return the URL of a key, without a version, from its resource id.

    Example:
        >>> key_url("/subscriptions/s/…/providers/Microsoft.KeyVault/vaults/v/keys/k")
        'https://v.vault.azure.net/keys/k'
    """
    *_, vault, _, name = key.split("/")
    return f"https://{vault}.vault.azure.net/keys/{name}"
