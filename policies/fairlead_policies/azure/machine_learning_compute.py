"""``azure-native:machinelearningservices:Compute``."""

from __future__ import annotations

from fairlead_policies.conditions import is_false, is_true, require
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: Where each kind of compute says whether SSH is open, and what is so where it says nothing.
_SSH = {
    "AmlCompute": "properties.properties.remoteLoginPortPublicAccess",
    "ComputeInstance": "properties.properties.sshSettings.sshPublicAccess",
}


@rule("AZ-ML-04", "azure-native:machinelearningservices:Compute")
def is_not_open(compute: Resource, _stack: Stack) -> Problems | None:
    """Require no local accounts, no public address and no SSH from outside."""
    kind = compute.get("properties.computeType")
    if kind is not UNKNOWN and kind not in _SSH:
        return None  # attached compute answers for itself
    problems = is_true(compute, "properties.disableLocalAuth")
    problems += is_false(compute, "properties.properties.enableNodePublicIp")
    path = _SSH.get(str(kind), _SSH["AmlCompute"])
    allowed = {"Disabled"} | ({None} if kind == "ComputeInstance" else set())
    return problems + require(
        compute.get(path), lambda v: v in allowed, path, f"`{path}` must be Disabled"
    )
