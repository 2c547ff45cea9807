"""``gcp:compute/subnetwork:Subnetwork``."""

from __future__ import annotations

from fairlead_policies.conditions import is_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: Subnetworks that only hold what Google itself runs.
_GOOGLES = {
    "REGIONAL_MANAGED_PROXY",
    "GLOBAL_MANAGED_PROXY",
    "INTERNAL_HTTPS_LOAD_BALANCER",
    "PRIVATE_SERVICE_CONNECT",
}


@rule("GCP-NET-01", "gcp:compute/subnetwork:Subnetwork")
def reaches_google_privately_and_logs(subnetwork: Resource, _stack: Stack) -> Problems | None:
    """Require Google's services without public addresses, and flow logs."""
    purpose = subnetwork.get("purpose")
    if purpose is UNKNOWN:
        return [undecided("purpose")]
    if purpose in _GOOGLES:
        return None
    problems = is_true(subnetwork, "privateIpGoogleAccess")
    if subnetwork.get("logConfig") is None:
        return [*problems, Violation("`logConfig` must be set")]
    path = "logConfig.flowSampling"
    return problems + require(
        subnetwork.get(path), lambda v: v is None or v > 0, path, f"`{path}` must be above 0"
    )
