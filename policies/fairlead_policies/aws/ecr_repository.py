"""``aws:ecr/repository:Repository``."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fairlead_policies.conditions import is_true, one_of, require
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

REPOSITORY = "aws:ecr/repository:Repository"
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"


@rule("AWS-ECR-01", REPOSITORY)
def has_immutable_tags(repository: Resource, _stack: Stack) -> Problems:
    """Require that a tag always means one image."""
    return one_of(repository, "imageTagMutability", {"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"})


@rule("AWS-ECR-02", REPOSITORY)
def scans_images(repository: Resource, stack: Stack) -> Problems:
    """Require a scan on push, by the repository or by the registry."""
    for registry in stack.of(SCANNING):
        if registry.get("scanType") == "ENHANCED" and _matches(repository, registry):
            return []
    return is_true(repository, "imageScanningConfiguration.scanOnPush")


def _matches(repository: Resource, registry: Resource) -> bool:
    name = repository.get("name")
    for one in registry.each("rules"):
        if lookup(one, "scanFrequency") == "MANUAL":
            continue
        for wanted in each(lookup(one, "repositoryFilters")):
            pattern = lookup(wanted, "filter")
            if pattern == "*":
                return True
            known = isinstance(name, str) and isinstance(pattern, str)
            if known and fnmatchcase(name, pattern):
                return True
    return False


@rule("AWS-ECR-03", REPOSITORY)
def is_encrypted_with_a_customer_key(repository: Resource, _stack: Stack) -> Problems:
    """Require a key of one's own; KMS without one is AWS's."""
    path = "encryptionConfigurations"
    encryption = repository.get(path)
    problems = require(
        lookup(encryption, "encryptionType"),
        lambda v: v in {"KMS", "KMS_DSSE"},
        f"{path}[].encryptionType",
        f"`{path}[].encryptionType` must be KMS or KMS_DSSE",
    )
    key = lookup(encryption, "kmsKey")
    if key is not UNKNOWN and not key:
        problems.append(Violation(f"`{path}[].kmsKey` must be a key of your own"))
    return problems
