"""``gcp:container/nodePool:NodePool``."""

from __future__ import annotations

from fairlead_policies.conditions import is_true, one_of, require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_SHIELDED = "nodeConfig.shieldedInstanceConfig.enableSecureBoot"
#: Families of machines that bring accelerators.
_ACCELERATED = ("a2-", "a3-", "a4-", "g2-", "g4-")


@rule("GCP-GKE-06", "gcp:container/nodePool:NodePool")
def is_hardened(pool: Resource, _stack: Stack) -> Problems:
    """Require secure boot, the metadata server, and upgrades; GPU drivers may be unsigned."""
    problems = one_of(pool, "nodeConfig.workloadMetadataConfig.mode", {"GKE_METADATA"})
    path = "management.autoUpgrade"
    problems += require(
        pool.get(path), lambda v: v is not False, path, f"`{path}` must not be false"
    )
    return problems if _has_accelerators(pool) else problems + is_true(pool, _SHIELDED)


def _has_accelerators(pool: Resource) -> bool:
    machine = pool.get("nodeConfig.machineType")
    return bool(pool.get("nodeConfig.guestAccelerators")) or (
        isinstance(machine, str) and machine.startswith(_ACCELERATED)
    )
