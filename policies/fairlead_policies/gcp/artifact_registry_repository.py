"""``gcp:artifactregistry/repository:Repository``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, is_true, require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("GCP-AR-01", "gcp:artifactregistry/repository:Repository")
def is_encrypted_scanned_and_immutable(repository: Resource, _stack: Stack) -> Problems:
    """Require a key, scanning, and of Docker repositories immutable tags."""
    problems = is_set(repository, "kmsKeyName")
    path = "vulnerabilityScanningConfig.enablementConfig"
    problems += require(
        repository.get(path), lambda v: v != "DISABLED", path, f"`{path}` must not be DISABLED"
    )
    if str(repository.get("format")).upper() == "DOCKER":
        problems += is_true(repository, "dockerConfig.immutableTags")
    return problems
