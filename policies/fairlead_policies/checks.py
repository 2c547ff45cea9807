"""What `fairlead check` asks of a stack: a list of checks, each a function on plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fairlead_policies.evaluation import evaluate
from fairlead_policies.inventory import Inventory
from fairlead_policies.results import Finding
from fairlead_policies.settings import Settings

Check = Callable[[Inventory, Settings], Sequence[Finding]]


def controls_hold(inventory: Inventory, settings: Settings) -> Sequence[Finding]:
    """Hold the resources to the controls."""
    return evaluate(inventory.resources, settings)


def permissions_suffice(inventory: Inventory, settings: Settings) -> Sequence[Finding]:
    """Hold the identities' permissions to what the stack's adapters declare."""
    from fairlead_policies.preflight.check import permissions_suffice as suffice

    return suffice(inventory, settings)


#: Every check, in the order of the report.
CHECKS: tuple[Check, ...] = (controls_hold, permissions_suffice)


def run_checks(
    inventory: Inventory, settings: Settings, checks: Sequence[Check] = CHECKS
) -> list[Finding]:
    """Return what all checks find.

    Args:
        inventory: The stack's resources.
        settings: The pack's configuration.
        checks: Which checks to run.
    """
    return [finding for check in checks for finding in check(inventory, settings)]
