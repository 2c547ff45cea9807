"""``gcp:sql/databaseInstance:DatabaseInstance``."""

from __future__ import annotations

from fairlead_policies.conditions import closed, is_false, lookup_any
from fairlead_policies.resource import Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_PATH = "settings.ipConfiguration"


@rule("GCP-SQL-01", "gcp:sql/databaseInstance:DatabaseInstance")
def is_private(database: Resource, _stack: Stack) -> Problems:
    """Require no public address, which there is by default, and a private way in."""
    problems = is_false(database, f"{_PATH}.ipv4Enabled")
    if not lookup_any(database, f"{_PATH}.privateNetwork", f"{_PATH}.pscConfigs"):
        problems.append(Violation(f"`{_PATH}.privateNetwork` or `.pscConfigs` must be set"))
    networks = f"{_PATH}.authorizedNetworks"
    ranges = [lookup(one, "value") for one in database.each(networks)]
    return problems + closed(ranges, networks)
