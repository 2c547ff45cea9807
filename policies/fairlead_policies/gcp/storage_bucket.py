"""``gcp:storage/bucket:Bucket``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, is_true, one_of, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

BUCKET = "gcp:storage/bucket:Bucket"
_WEEK = 604_800


@rule("GCP-GCS-01", BUCKET)
def is_never_public(bucket: Resource, _stack: Stack) -> Problems:
    """Require public access to be prevented, whatever is granted."""
    return one_of(bucket, "publicAccessPrevention", {"enforced"})


@rule("GCP-GCS-02", BUCKET)
def has_no_acls(bucket: Resource, _stack: Stack) -> Problems:
    """Require access to be granted by IAM alone."""
    return is_true(bucket, "uniformBucketLevelAccess")


@rule("GCP-GCS-03", BUCKET)
def is_encrypted_with_a_customer_key(bucket: Resource, _stack: Stack) -> Problems:
    """Require a default key of one's own."""
    return is_set(bucket, "encryption.defaultKmsKeyName")


@rule("GCP-GCS-04", BUCKET)
def can_be_restored(bucket: Resource, _stack: Stack) -> Problems:
    """Require versions, or a week in which deletion can be undone, which there is by default."""
    versioning = bucket.get("versioning.enabled")
    path = "softDeletePolicy.retentionDurationSeconds"
    seconds = bucket.get(path)
    if versioning is True or seconds is None:
        return []
    if seconds is not UNKNOWN and seconds >= _WEEK:
        return []
    if UNKNOWN in (versioning, seconds):
        return [undecided(path if seconds is UNKNOWN else "versioning.enabled")]
    return [Violation(f"`versioning.enabled` must be true, or `{path}` at least {_WEEK}")]
