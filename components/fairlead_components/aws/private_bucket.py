"""A bucket as every one of ours is: private, owned, encrypted, versioned."""

from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from fairlead_components.aws.defaults import document
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


class PrivateBucket:
    """Make a bucket and its settings, one after the other: S3 refuses changes side by side.

    The settings are kept where the bucket is kept: what they guard is still there.

    Attributes:
        bucket: The bucket.
        last: The setting that was made last: with it, the bucket is ready.

    Args:
        owner: The component that it belongs to.
        name: Its name in the program.
        bucket: Its name in S3.
        key: The key that encrypts; None takes S3's own, for logs only.
        expire_days: Days until noncurrent versions go; for logs, until the logs go.
    """

    def __init__(
        self,
        owner: Component,
        name: str,
        bucket: pulumi.Input[str],
        *,
        key: Optional[pulumi.Input[str]],
        expire_days: int,
    ) -> None:
        self._options = owner.child(data=True)
        self._name = name
        self.bucket = aws.s3.Bucket(name, bucket=bucket, tags=owner.tags(), opts=self._options)
        self.last: pulumi.Resource = self.bucket
        self._add(
            aws.s3.BucketPublicAccessBlock, "public-access",
            block_public_acls=True, block_public_policy=True,
            ignore_public_acls=True, restrict_public_buckets=True,
        )  # fmt: skip
        self._add(
            aws.s3.BucketOwnershipControls, "ownership",
            rule={"object_ownership": "BucketOwnerEnforced"},
        )  # fmt: skip
        by: dict[str, Any] = {"sse_algorithm": "AES256"}
        if key is not None:
            by = {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
        self._add(
            aws.s3.BucketServerSideEncryptionConfiguration, "encryption",
            rules=[{
                "apply_server_side_encryption_by_default": by,
                "bucket_key_enabled": key is not None,
            }],
        )  # fmt: skip
        self._add(
            aws.s3.BucketVersioning, "versioning",
            versioning_configuration={"status": "Enabled"},
        )  # fmt: skip
        rule: dict[str, Any] = {
            "id": "tidy",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            "noncurrent_version_expiration": {"noncurrent_days": expire_days},
        }
        if key is None:
            rule["expiration"] = {"days": expire_days}
        self._add(aws.s3.BucketLifecycleConfiguration, "lifecycle", rules=[rule])

    def policy(self, statements: pulumi.Output[Any]) -> None:
        """Set the bucket's policy."""
        self._add(aws.s3.BucketPolicy, "policy", policy=document(statements))

    def log_to(self, target: "PrivateBucket") -> None:
        """Write who asked for what into another bucket."""
        self._add(
            aws.s3.BucketLogging, "logging",
            target_bucket=target.bucket.bucket, target_prefix="access/",
        )  # fmt: skip

    def _add(self, kind: Any, name: str, **settings: Any) -> None:
        self.last = kind(
            f"{self._name}-{name}",
            bucket=self.bucket.bucket,
            **settings,
            opts=pulumi.ResourceOptions.merge(
                self._options, pulumi.ResourceOptions(depends_on=[self.last])
            ),
        )
