"""Preflight as a check of `fairlead check`: the manifest is read from the stack's own output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead_policies.inventory import Inventory, plain
from fairlead_policies.preflight.comparison import Preflight, preflight
from fairlead_policies.preflight.findings import findings
from fairlead_policies.resource import UNKNOWN, Unknown
from fairlead_policies.results import Finding
from fairlead_policies.settings import Settings

_STACK = "pulumi:pulumi:Stack"
_OURS = ("fairlead:", "fairlead-components:")


def components(inventory: Inventory) -> Mapping[str, Any] | Unknown | None:
    """Return the contracts in the stack's output `fairlead`; None where there is no such output.

    A preview does not know the output as a whole where any part of it is not known.

    Args:
        inventory: The stack, as exported, previewed or rehearsed.
    """
    for urn, outputs in _outputs(json.loads(inventory.plan)):
        if f"::{_STACK}::" in urn and "fairlead" in outputs:
            manifest = plain(outputs["fairlead"])
            if isinstance(manifest, Unknown):
                return UNKNOWN
            found: Any = manifest.get("components") if isinstance(manifest, Mapping) else None
            return dict(found) if isinstance(found, Mapping) else None
    # A preview may leave outputs out; a component of ours tells whose stack it is.
    ours = any(one.type.startswith(_OURS) for one in inventory.resources)
    return UNKNOWN if ours else None


def _outputs(data: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the outputs of every resource by urn, of an export or a preview."""
    whole = data.get("deployment", data)
    entries = whole.get("resources") or [
        step["newState"] for step in data.get("steps") or () if step.get("newState")
    ]
    return [(entry["urn"], entry.get("outputs") or {}) for entry in entries]


def run(inventory: Inventory, settings: Settings) -> Preflight | None:
    """Return preflight's result; None where the stack is none of Fairlead's.

    Args:
        inventory: The stack.
        settings: The pack's configuration.
    """
    inventory = inventory.made or inventory
    contracts = components(inventory)
    if contracts is None:
        return None
    if isinstance(contracts, Unknown):
        reason = "the stack's manifest is not known before `up`: rehearse it, or give an export"
        return Preflight((), {"manifest": reason})
    return preflight(inventory.resources, contracts, settings)


def permissions_suffice(inventory: Inventory, settings: Settings) -> Sequence[Finding]:
    """Return a finding for each identity and control of preflight.

    Args:
        inventory: The stack.
        settings: The pack's configuration.
    """
    result = run(inventory, settings)
    if result is None:
        return []
    urns = [one.urn for one in inventory.resources if one.type == _STACK]
    return findings(result, urns[0] if urns else "urn:pulumi:stack::project::" + _STACK + "::stack")
