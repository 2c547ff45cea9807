"""What `fairlead check` asks of a stack: a list of checks, each a function on plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fairlead_policies.evaluation import evaluate
from fairlead_policies.inventory import Inventory
from fairlead_policies.results import Finding, Result
from fairlead_policies.settings import Settings

Check = Callable[[Inventory, Settings], Sequence[Finding]]


def controls_hold(inventory: Inventory, settings: Settings) -> Sequence[Finding]:
    """Hold the resources to the controls.

    What a preview cannot tell is asked again of what a rehearsed `up` made, where there was one: a
    policy that names a key's ARN can then be read.
    """
    found = evaluate(inventory.resources, settings)
    if inventory.made is None or all(one.result is not Result.NOT_EVALUATED for one in found):
        return found
    made = {(one.control, one.urn): one for one in evaluate(inventory.made.resources, settings)}
    return [
        made.get((one.control, one.urn), one) if one.result is Result.NOT_EVALUATED else one
        for one in found
    ]


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
