"""What is right and looks wrong: each of these once stopped somebody, in some checker."""

from __future__ import annotations

import pytest
from policy_cases import aws_identity as iam
from policy_cases import aws_storage as s3
from policy_cases import gcp
from policy_cases.builder import UNKNOWN, Ref, allow, deny, res

from fairlead_policies.evaluation import evaluate
from fairlead_policies.resource import Resource
from fairlead_policies.results import Result
from fairlead_policies.settings import Settings

VARIABLE = {
    "rules": [{"applyServerSideEncryptionByDefault": s3.KMS | {"kmsMasterKeyId": Ref("k")}}]
}
LOGS = [s3.LOGGING, s3.BUCKET, s3.LOG, s3.encryption(s3.AES, "log")]
TRAPS = {
    "a key that is known after apply": (
        "AWS-S3-02",
        [s3.on("BucketServerSideEncryptionConfiguration", VARIABLE), s3.BUCKET, s3.KEY],
    ),
    "a database's key that is known after apply": (
        "AWS-RDS-02",
        [res("aws:rds/cluster:Cluster", {"storageEncrypted": True, "kmsKeyId": UNKNOWN})],
    ),
    "SSE-S3 on a log bucket": ("AWS-S3-02", [*LOGS, s3.encryption(s3.KMS)]),
    "a log bucket without a log of its own": ("AWS-S3-10", LOGS),
    "the statement of a key's own account": ("AWS-KMS-02", s3.key(s3.ROOT)),
    "every action on the key, in the key's policy": ("AWS-IAM-01", s3.key(s3.ROOT)),
    "everybody, pinned to account and service": (
        "AWS-KMS-02",
        s3.key(s3.ROOT, s3.ROOT | {"Principal": "*", "Condition": s3.VIA}),
    ),
    "actions that take no resource": (
        "AWS-IAM-03",
        iam.policy(allow(["ecr:GetAuthorizationToken", "ec2:DescribeNetworkInterfaces"], "*")),
    ),
    "wildcards of actions that take no resource": (
        "AWS-IAM-02",
        iam.policy(allow(["ec2:Describe*", "sagemaker:List*"], "*")),
    ),
    "metrics within a namespace": (
        "AWS-IAM-03",
        iam.policy(allow("cloudwatch:PutMetricData", "*", iam.NAMESPACE)),
    ),
    "an explicit deny of everything": ("AWS-IAM-01", iam.policy(deny("*", "*"))),
    "an explicit deny of escalation": ("AWS-IAM-09", iam.policy(deny("iam:*", "*"))),
    "an explicit deny to everybody": ("AWS-S3-08", [s3.policy(s3.DENY_HTTP)]),
    "a service that sends no source": (
        "AWS-IAM-05",
        iam.role(iam.trust({"Service": "ec2.amazonaws.com"})),
    ),
    "Google's own agents as administrators": (
        "GCP-IAM-05",
        gcp.member(gcp.AGENT, "roles/storage.admin"),
    ),
    "Google's own agents of other projects": ("GCP-IAM-08", gcp.member(gcp.VERTEX_AGENT)),
    "an asymmetric key that cannot rotate": (
        "AWS-KMS-01",
        [res("aws:kms/key:Key", {"customerMasterKeySpec": "RSA_2048"})],
    ),
}


@pytest.mark.parametrize(("control", "program"), TRAPS.values(), ids=TRAPS)
def test_what_is_right_does_not_fail(control: str, program: list[Resource]) -> None:
    found = [one for one in evaluate(program, Settings()) if one.control == control]
    assert {one.result for one in found} <= {Result.PASS}, found
