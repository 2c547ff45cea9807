"""What keeps a bucket cheap and whole: bucket keys, lifecycle, and no forced deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead_policies.aws.s3_bucket import BUCKET, ENCRYPTION
from fairlead_policies.conditions import not_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_ABORT_DAYS = 7


@rule("AWS-S3-03", ENCRYPTION)
def uses_a_bucket_key(encryption: Resource, _stack: Stack) -> Problems | None:
    """Require bucket keys with SSE-KMS, the only encryption that knows them."""
    rules = encryption.each("rules")
    problems: Problems = []
    applies = False
    for one in rules:
        algorithm = lookup(one, "applyServerSideEncryptionByDefault.sseAlgorithm")
        path = "rules[].bucketKeyEnabled"
        enabled = lookup(one, "bucketKeyEnabled")
        if algorithm is UNKNOWN and enabled is not True:
            problems.append(undecided(path))
        if algorithm in {"aws:kms", UNKNOWN}:
            applies = True
        if algorithm == "aws:kms":
            problems += require(enabled, lambda v: v is True, path, f"`{path}` must be true")
    return problems if applies else None


@rule("AWS-S3-11", BUCKET)
def cleans_up(bucket: Resource, stack: Stack) -> Problems:
    """Require enabled rules that end incomplete uploads and remove old versions."""
    rules = [r for c in stack.companions(bucket, LIFECYCLE, "bucket") for r in c.each("rules")]
    inline = bucket.each("lifecycleRules")
    if not rules and not inline:
        return [Violation("no BucketLifecycleConfiguration is attached by its `bucket`")]
    if UNKNOWN in rules or UNKNOWN in inline:
        return [undecided("rules")]
    aborts = [_days(one, "abortIncompleteMultipartUpload.daysAfterInitiation") for one in rules]
    aborts += [_days(one, "abortIncompleteMultipartUploadDays") for one in inline]
    expires = [_days(one, "noncurrentVersionExpiration.noncurrentDays") for one in rules]
    expires += [_days(one, "noncurrentVersionExpiration.days") for one in inline]
    return _any(
        aborts,
        lambda days: days <= _ABORT_DAYS,
        "`rules` must end incomplete uploads within 7 days",
    ) + _any(expires, lambda days: days > 0, "`rules` must remove noncurrent versions")


def _days(entry: Any, path: str) -> Any:
    """Return what an enabled rule says; UNKNOWN where it is not known whether it is one."""
    days = lookup(entry, path)
    if days is None:
        return None
    state = lookup(entry, "status") or lookup(entry, "enabled")
    if state is UNKNOWN:
        return UNKNOWN
    return days if state in {"Enabled", True} else None


def _any(values: list[Any], test: Callable[[Any], bool], message: str) -> Problems:
    if any(value is not UNKNOWN and value is not None and test(value) for value in values):
        return []
    return [undecided("rules") if UNKNOWN in values else Violation(message)]


@rule("AWS-S3-12", BUCKET)
def is_not_deleted_with_its_objects(bucket: Resource, stack: Stack) -> Problems | None:
    """Refuse to delete a full bucket in production."""
    return not_true(bucket, "forceDestroy") if stack.settings.production else None
