"""``aws:s3/bucket:Bucket`` and what is attached to it."""

from __future__ import annotations

from typing import Any

from fairlead_policies.conditions import is_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

BUCKET = "aws:s3/bucket:Bucket"
ACL = "aws:s3/bucketAcl:BucketAcl"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
LOGGING = "aws:s3/bucketLogging:BucketLogging"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
_PUBLIC_ACLS = {"public-read", "public-read-write", "authenticated-read"}
_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_AWS_KEY = "alias/aws/s3"


def is_log_target(bucket: Resource, stack: Stack) -> bool:
    """Tell whether another bucket's access log goes to a bucket.

    A bucket of our own that is named as the target of its own logging is no log bucket.
    """
    logs = stack.companions(bucket, LOGGING, "targetBucket")
    own = {one.urn for one in stack.companions(bucket, LOGGING, "bucket")}
    return any(log.urn not in own for log in logs)


def _inline(bucket: Resource, *names: str) -> Any:
    """Return the first of the properties that older programs set on the bucket itself."""
    return next((value for name in names if (value := bucket.get(name)) is not None), None)


@rule("AWS-S3-01", BUCKET)
def public_access_is_blocked(bucket: Resource, stack: Stack) -> Problems:
    """Require a public access block with all four flags."""
    blocks = stack.companions(bucket, PUBLIC_ACCESS, "bucket")
    if not blocks:
        return [Violation("no BucketPublicAccessBlock is attached by its `bucket`")]
    return [problem for block in blocks for flag in _FLAGS for problem in is_true(block, flag)]


@rule("AWS-S3-02", BUCKET)
def is_encrypted_with_a_customer_key(bucket: Resource, stack: Stack) -> Problems:
    """Require SSE-KMS with a key of one's own; a log target may keep SSE-S3."""
    rules = [r for c in stack.companions(bucket, ENCRYPTION, "bucket") for r in c.each("rules")]
    inline = _inline(bucket, "serverSideEncryptionConfiguration")
    rules += each(lookup(inline, "rules")) or each(lookup(inline, "rule"))
    if inline is UNKNOWN and not rules:
        return [undecided("serverSideEncryptionConfiguration")]
    if not rules:
        return [Violation("no BucketServerSideEncryptionConfiguration is attached by its `bucket`")]
    logs = is_log_target(bucket, stack)
    problems: Problems = []
    for one in rules:
        path = "rules[].applyServerSideEncryptionByDefault"
        default = lookup(one, "applyServerSideEncryptionByDefault")
        algorithm = lookup(default, "sseAlgorithm")
        if logs and algorithm == "AES256":
            continue
        problems += require(
            algorithm,
            lambda v: v in {"aws:kms", "aws:kms:dsse"},
            f"{path}.sseAlgorithm",
            f"`{path}.sseAlgorithm` must be aws:kms or aws:kms:dsse",
        )
        key = lookup(default, "kmsMasterKeyId")
        if key is not UNKNOWN and (not key or str(key).endswith(_AWS_KEY)):
            problems.append(Violation(f"`{path}.kmsMasterKeyId` must be a key of your own"))
    return problems


@rule("AWS-S3-04", BUCKET)
def is_versioned(bucket: Resource, stack: Stack) -> Problems:
    """Require versioning."""
    states = [
        one.get("versioningConfiguration.status")
        for one in stack.companions(bucket, VERSIONING, "bucket")
    ]
    inline = lookup(bucket.get("versioning"), "enabled")
    if inline is not None:
        states.append("Enabled" if inline is True else inline)
    if not states:
        return [Violation("no BucketVersioning is attached by its `bucket`")]
    path = "versioningConfiguration.status"
    return [
        problem
        for state in states
        for problem in require(state, lambda v: v == "Enabled", path, f"`{path}` must be Enabled")
    ]


@rule("AWS-S3-06", BUCKET)
def has_no_acls(bucket: Resource, stack: Stack) -> Problems:
    """Require ACLs to be off, which they are unless somebody turns them on."""
    controls = stack.companions(bucket, OWNERSHIP, "bucket")
    if not controls and stack.companions(bucket, ACL, "bucket"):
        return [Violation("a BucketAcl is attached and ownership is not BucketOwnerEnforced")]
    path = "rule.objectOwnership"
    return [
        problem
        for one in controls
        for problem in require(
            one.get(path),
            lambda v: v == "BucketOwnerEnforced",
            path,
            f"`{path}` must be BucketOwnerEnforced",
        )
    ]


@rule("AWS-S3-07", BUCKET, ACL)
def has_no_public_acl_or_website(resource: Resource, _stack: Stack) -> Problems:
    """Refuse canned ACLs that open a bucket, and websites."""
    problems = require(
        resource.get("acl"), lambda v: v not in _PUBLIC_ACLS, "acl", "`acl` opens the bucket"
    )
    if resource.type == BUCKET and _inline(resource, "website", "websites") is not None:
        problems.append(Violation("`website` must be absent"))
    return problems


@rule("AWS-S3-10", BUCKET)
def logs_access(bucket: Resource, stack: Stack) -> Problems | None:
    """Require an access log in another bucket, or a trail of data events."""
    if is_log_target(bucket, stack):
        return None
    if _trail_covers(bucket, stack):
        return []
    logs = stack.companions(bucket, LOGGING, "bucket")
    inline = _inline(bucket, "logging", "loggings")
    if not logs and inline is None:
        return [Violation("no BucketLogging is attached by its `bucket`")]
    itself = any(bucket.urn in log.property_dependencies.get("targetBucket", ()) for log in logs)
    if itself:
        return [Violation("`targetBucket` is the bucket itself")]
    return []


def _trail_covers(bucket: Resource, stack: Stack) -> bool:
    """Tell whether a trail in the stack records the data events of a bucket."""
    for trail in stack.of("aws:cloudtrail/trail:Trail"):
        depends = {
            urn
            for name in ("eventSelectors", "advancedEventSelectors")
            for urn in trail.property_dependencies.get(name, ())
        }
        if bucket.urn in depends:
            return trail.get("enableLogging") is not False
        for selector in trail.each("eventSelectors"):
            for data in each(lookup(selector, "dataResources")):
                values = each(lookup(data, "values"))
                if lookup(data, "type") == "AWS::S3::Object" and "arn:aws:s3" in values:
                    return trail.get("enableLogging") is not False
    return False
