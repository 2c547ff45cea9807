"""``aws:s3/bucketPolicy:BucketPolicy``: who may reach a bucket, and how."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fairlead_policies.aws.policy_document import (
    ACCOUNT,
    NETWORK,
    ORGANISATION,
    Statement,
    public_statements,
    read,
)
from fairlead_policies.aws.s3_bucket import BUCKET
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

POLICY = "aws:s3/bucketPolicy:BucketPolicy"


def _denies_everybody(one: Statement) -> bool:
    return not one.allow and one.anyone


def _covers(one: Statement, action: str) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in one.actions)


def _whole_bucket(one: Statement, name: object) -> bool:
    """Tell whether a statement names both the bucket and what is in it."""
    if one.anywhere:
        return True
    own = f":::{name}" if isinstance(name, str) else ""
    buckets = [r for r in one.resources if "/" not in r and r.endswith(own)]
    objects = [r for r in one.resources if r.endswith(f"{own}/*")]
    return bool(buckets and objects) or any(r.endswith(f"{own}*") for r in buckets if own)


@rule("AWS-S3-05", BUCKET)
def denies_requests_without_tls(bucket: Resource, stack: Stack) -> Problems:
    """Require a bucket policy that refuses plain HTTP for the bucket and its objects."""
    policies = stack.companions(bucket, POLICY, "bucket")
    if not policies:
        return [Violation("no BucketPolicy is attached by its `bucket`")]
    unread: Problems = []
    for policy in policies:
        statements, problems = read(policy.get("policy"), "policy")
        unread += problems
        for one in statements:
            insecure = one.conditions.get("bool", {}).get("aws:securetransport", ())
            if (
                _denies_everybody(one)
                and {"s3:*", "*"} & set(one.actions)
                and insecure == ("false",)
                and len(one.keys()) == 1
                and _whole_bucket(one, bucket.get("bucket"))
            ):
                return []
    return unread or [
        Violation("`policy` must deny s3:* to everybody without aws:SecureTransport, objects too")
    ]


@rule("AWS-S3-08", POLICY)
def lets_no_public_principal_in(policy: Resource, _stack: Stack) -> Problems:
    """Refuse statements that allow everybody without pinning organisation, account or network."""
    statements, problems = read(policy.get("policy"), "policy")
    for one in public_statements(statements, ORGANISATION, ACCOUNT, NETWORK):
        problems.append(Violation(f"`{one.label}` allows everybody without a condition that pins"))
    return problems


_ACTIONS = ("s3:getobject", "s3:putobject", "s3:listbucket")


@rule("AWS-S3-09", POLICY)
def keeps_the_bucket_within_the_network(policy: Resource, stack: Stack) -> Problems | None:
    """Require, where nothing may leave the network, that requests from outside are refused."""
    if not stack.settings.vpc:
        return None
    statements, problems = read(policy.get("policy"), "policy")
    guards = [one for one in statements if _denies_everybody(one) and _outside(one)]
    missing = [a for a in _ACTIONS if not any(_covers(one, a) for one in guards)]
    if missing and not problems:
        problems.append(
            Violation(
                "`policy` must deny GetObject, PutObject and ListBucket when aws:SourceVpce or "
                "aws:SourceVpc differs"
            )
        )
    for one in guards:
        if not one.keys() & {"aws:principalisawsservice", "aws:principalarn", "aws:viaawsservice"}:
            problems.append(Violation(f"`{one.label}` exempts neither AWS services nor a deployer"))
    return problems


def _outside(one: Statement) -> bool:
    return any(
        operator.startswith("stringnot") and key in NETWORK and values
        for operator, block in one.conditions.items()
        for key, values in block.items()
    )
