"""``gcp:workbench/instance:Instance``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, is_true
from fairlead_policies.resource import Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("GCP-VTX-04", "gcp:workbench/instance:Instance")
def is_private_and_encrypted(workbench: Resource, _stack: Stack) -> Problems:
    """Require no public address, keys for its disks, and an account of its own."""
    problems = is_true(workbench, "gceSetup.disablePublicIp")
    problems += is_set(workbench, "gceSetup.bootDisk.kmsKey")
    for disk in workbench.each("gceSetup.dataDisks"):
        if not lookup(disk, "kmsKey"):
            problems.append(Violation("`gceSetup.dataDisks.kmsKey` must be set"))
    problems += is_set(workbench, "gceSetup.networkInterfaces")
    problems += is_set(workbench, "gceSetup.serviceAccounts")
    return problems
