"""How Azure writes ids and addresses."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from fairlead_components.rehearsal.shapes.shape import LONG_AGO, Shape, Subject, plural

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"
LOCATION = "westeurope"

_GUID = re.compile(r"(?:principal|object|client|tenant|immutable|workspace|unique)id$")

#: The host of a service's addresses, after the resource's name.
_HOSTS: Mapping[str, str] = {
    "blob": "blob.core.windows.net", "dfs": "dfs.core.windows.net", "file": "file.core.windows.net",
    "queue": "queue.core.windows.net", "table": "table.core.windows.net",
    "web": "web.core.windows.net", "vaulturi": "vault.azure.net",
}  # fmt: skip


def _namespace(subject: Subject) -> str:
    module = subject.service
    return f"Microsoft.{module[:1].upper()}{module[1:]}"


def _type(subject: Subject) -> str:
    return f"{_namespace(subject)}/{plural(subject.type[:1].lower() + subject.type[1:])}"


def _key_uri(subject: Subject) -> str:
    return (
        f"https://{subject.text('vaultName', default='vault')}.vault.azure.net/keys/{subject.name}"
    )


class AzureNativeShape(Shape):
    """Make up what Azure would."""

    separator = ""
    known = {  # noqa: RUF012 - declared in the base class; the functions come below
        "subscriptionid": lambda s: s.setting("subscriptionId", SUBSCRIPTION),
        "tenantid": lambda s: s.setting("tenantId", TENANT),
        "location": lambda s: s.setting("location", LOCATION),
        "provisioningstate": lambda _: "Succeeded",
        "type": _type,
        "loginserver": lambda s: f"{s.name}.azurecr.io",
        "azureapiversion": lambda _: "2025-01-01",
        "keyuri": _key_uri,
        "keyuriwithversion": lambda s: f"{_key_uri(s)}/{s.digits(32)}",
    }  # fmt: skip

    def identifier(self, subject: Subject) -> str:
        """Return a resource's id: its path below its subscription."""
        subscription = f"/subscriptions/{subject.setting('subscriptionId', SUBSCRIPTION)}"
        group = subject.text("resourceGroupName")
        if subject.type == "ResourceGroup":
            return f"{subscription}/resourceGroups/{subject.name}"
        scope = subject.text("scope").rstrip("/")
        base = scope or (f"{subscription}/resourceGroups/{group}" if group else subscription)
        parents = "".join(
            f"/{plural(name.removesuffix('Name'))}/{value}"
            for name, value in subject.values.items()
            if name.endswith("Name") and name != "resourceGroupName" and value != subject.name
            and isinstance(value, str)
        )  # fmt: skip
        own = f"{plural(subject.type[:1].lower() + subject.type[1:])}/{subject.name}"
        return f"{base}/providers/{_namespace(subject)}{parents}/{own}"

    def automatic_name(self, subject: Subject) -> str:
        """Return a name of letters and digits, as most services demand."""
        if subject.type == "RoleAssignment":
            return subject.guid("name")
        return super().automatic_name(subject)

    def by_ending(self, subject: Subject, field_name: str) -> str:
        """Return GUIDs and hosts where they are asked for."""
        lowered = field_name.lower()
        if lowered in _HOSTS:
            return f"https://{subject.name}.{_HOSTS[lowered]}/"
        if _GUID.search(lowered):
            return subject.guid(lowered)
        if lowered.endswith("at"):
            return LONG_AGO
        return super().by_ending(subject, field_name)

    def function(self, subject: Subject) -> Mapping[str, Any]:
        """Return what the data sources answer that programs read most."""
        if subject.type == "listStorageAccountKeys":
            key = {"keyName": "key1", "permissions": "Full", "value": subject.digits(64)}
            return {"keys": [{**key, "creationTime": LONG_AGO}]}
        if subject.type.startswith("listManagedCluster"):
            name = subject.text("resourceName", default="cluster")
            config = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": name}]}
            encoded = base64.b64encode(json.dumps(config).encode()).decode()
            return {"kubeconfigs": [{"name": name, "value": encoded}]}
        return {}
