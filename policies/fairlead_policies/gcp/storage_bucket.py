"""``gcp:storage/bucket:Bucket``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, is_true, one_of
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

BUCKET = "gcp:storage/bucket:Bucket"


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
