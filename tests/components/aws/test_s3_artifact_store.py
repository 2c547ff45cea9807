"""A bucket that is private, encrypted, and never overwritten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead_components.aws.bucket_policy import WRITTEN_ONCE, store_statements
from fairlead_components.aws.s3_artifact_store import S3ArtifactStore, S3ArtifactStoreArgs
from fairlead_components.isolation import Isolation


@pytest.mark.engine
def test_a_store_alone_has_everything_it_needs(rehearsed: Any, statements: Any) -> None:
    resources = rehearsed("""
        from fairlead_components.aws.s3_artifact_store import (
            ExistingS3Bucket, S3ArtifactStore, S3ArtifactStoreArgs)
        pulumi.export("made", S3ArtifactStore("store", S3ArtifactStoreArgs()).contract)
        theirs = ExistingS3Bucket(bucket="theirs", prefix="/ml/", region="eu-west-1")
        args = S3ArtifactStoreArgs(existing=theirs, allow_pickle=True)
        pulumi.export("adopted", S3ArtifactStore("other", args).contract)
    """)
    buckets = resources.of("Bucket")
    assert set(buckets) == {"store", "store-log"}
    name, log = (buckets[label]["bucket"] for label in ("store", "store-log"))
    (key,) = resources.of("Key").values()
    assert key["enableKeyRotation"]

    for label in buckets:
        access = resources.of("BucketPublicAccessBlock")[f"{label}-public-access"]
        assert [v for k, v in access.items() if k not in {"bucket", "__defaults"}] == [True] * 4
        owner = resources.of("BucketOwnershipControls")[f"{label}-ownership"]
        assert owner["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
        versions = resources.of("BucketVersioning")[f"{label}-versioning"]
        assert versions["versioningConfiguration"] == {"status": "Enabled"}

    encryption = resources.of("BucketServerSideEncryptionConfiguration")
    (rule,) = encryption["store-encryption"]["rules"]
    made = resources.outputs()["made"]
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms", "kmsMasterKeyId": made["kms_key_arn"],
    }  # fmt: skip
    assert rule["bucketKeyEnabled"]
    policies = resources.of("BucketPolicy")
    found = statements(policies["store-policy"]["policy"])
    assert set(found) == {
        "DenyInsecureTransport", "DenyOtherKeys", "DenyOtherEncryption", "DenyOverwriting",
    }  # fmt: skip
    log_found = statements(policies["store-log-policy"]["policy"])
    assert log_found["AccessLog"]["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert resources.of("BucketLogging")["store-logging"]["targetBucket"] == log
    assert {"Bucket", "BucketPolicy", "BucketPublicAccessBlock", "Key"} <= resources.kept()

    assert made["url"] == f"s3://{name}"
    assert made["allow_pickle"] is False
    assert resources.outputs()["adopted"] == {
        "flavor": "s3", "version": "1.0", "url": "s3://theirs/ml", "region": "eu-west-1",
        "allow_pickle": True,
    }  # fmt: skip


@pytest.mark.engine
def test_what_it_refuses_is_known_before_anything_exists(rehearsed: Any) -> None:
    resources = rehearsed("""
        from fairlead_components.aws.s3_artifact_store import S3ArtifactStore, S3ArtifactStoreArgs
        S3ArtifactStore("store", S3ArtifactStoreArgs(vpc_endpoint="vpce-1",
            deployer="arn:aws:iam::123456789012:role/deploy"))
    """)
    (planned,) = (r for r in resources.rehearsal.plan.resources if r.name == "store-policy")
    document = json.loads(planned.inputs["policy"])
    (outside,) = (s for s in document["Statement"] if s["Sid"] == "DenyOutsideVpc")
    assert outside["Condition"] == {
        "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/deploy"},
    }


def test_records_are_written_once() -> None:
    (rule,) = (s for s in store_statements("arn:aws:s3:::b") if s["Sid"] == "DenyOverwriting")
    assert rule["Resource"] == [f"arn:aws:s3:::b/{folder}/*" for folder in WRITTEN_ONCE]
    assert rule["Condition"] == {
        "Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"},
    }  # fmt: skip


def test_whoever_provisions_is_not_locked_out() -> None:
    args = S3ArtifactStoreArgs(vpc_endpoint="vpce-1")
    assert [argument for argument, _ in S3ArtifactStore.check(args)] == ["deployer"]


def test_isolation_needs_what_brings_it_about() -> None:
    assert list(S3ArtifactStore.check(S3ArtifactStoreArgs(isolation=Isolation.PRIVATE))) == []
    args = S3ArtifactStoreArgs(isolation=Isolation.VPC)
    assert [argument for argument, _ in S3ArtifactStore.check(args)] == ["vpc_endpoint"]
