"""``aws:ecr/repository:Repository``."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fairlead_policies.conditions import is_true, one_of
from fairlead_policies.resource import Resource, each, lookup
from fairlead_policies.results import Problems
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
