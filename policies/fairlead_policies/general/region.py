"""Where resources lie, on every cloud."""

from __future__ import annotations

import re
from typing import Any

from fairlead_policies.conditions import require
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_PROVIDERS = ("aws", "gcp", "azure-native")
_PATHS = ("region", "location", "zone")
_GLOBAL = {"global", ""}
_ZONE = re.compile(r"^([a-z]+-[a-z]+\d)-[a-z]$")


def place(value: object) -> str:
    """Return a region's name as it is compared: `West Europe` and `europe-west4-b` are regions'.

    Example:
        >>> place("West Europe"), place("europe-west4-b"), place("EU")
        ('westeurope', 'europe-west4', 'eu')
    """
    name = str(value).lower().replace(" ", "")
    zone = _ZONE.match(name)
    return zone[1] if zone else name


@rule(
    "GEN-RES-01",
    *(f"{name}:*" for name in _PROVIDERS),
    *(f"pulumi:providers:{name}" for name in _PROVIDERS),
)
def lies_where_allowed(resource: Resource, stack: Stack) -> Problems | None:
    """Refuse regions that the configuration does not list; global services have none."""
    allowed = {place(one) for one in stack.settings.allowed_regions}
    if not allowed:
        return None
    found: list[tuple[str, Any]] = [
        (path, value) for path in _PATHS if (value := resource.get(path)) is not None
    ]
    found = [(path, v) for path, v in found if v is UNKNOWN or isinstance(v, str)]
    if not found:
        return None
    return [
        problem
        for path, value in found
        for problem in require(
            value,
            lambda v: place(v) in allowed | _GLOBAL,
            path,
            f"`{path}` is not among the allowed regions",
        )
    ]
