"""What holds data is not deleted by accident, on every cloud."""

from __future__ import annotations

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: Databases whose service refuses to delete them, and whether it does where nothing is said.
_REFUSING = {
    "aws:rds/instance:Instance": False,
    "gcp:sql/databaseInstance:DatabaseInstance": True,
}


@rule(
    "GEN-PROT-01",
    "aws:s3/bucket:Bucket",
    "gcp:storage/bucket:Bucket",
    "azure-native:storage:StorageAccount",
    "aws:kms/key:Key",
    *_REFUSING,
)
def is_protected(resource: Resource, stack: Stack) -> Problems | None:
    """Require Pulumi, or the service itself, to refuse deletion in production."""
    if not stack.settings.production:
        return None
    if resource.protect:
        return []
    refuses = False
    if resource.type in _REFUSING:
        given = resource.get("deletionProtection")
        if given is UNKNOWN:
            return [undecided("deletionProtection")]
        refuses = _REFUSING[resource.type] if given is None else given is True
    return [] if refuses else [Violation("the option `protect` must be true in production")]
