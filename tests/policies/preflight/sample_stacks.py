"""Small stacks as the rules see them: identities, a store and what they may do there."""

from __future__ import annotations

import json
from typing import Any

from fairlead_policies.resource import Resource

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1"
BUCKET = "arn:aws:s3:::ml"


def resource(type_: str, name: str, props: dict[str, Any], **sources: str) -> Resource:
    depends = {key: (f"urn:{value}",) for key, value in sources.items()}
    return Resource(f"urn:{name}", type_, name, props, property_dependencies=depends)


READS = {
    "submitter": ("manifests/*", "bundles/*", "runs/*", "cache/*", "artifacts/*"),
    "runner": ("manifests/*", "bundles/*", "runs/*", "cache/*", "artifacts/*"),
    "step": ("manifests/*", "bundles/*", "runs/*", "cache/*", "artifacts/*"),
    "deployer": ("manifests/*", "runs/*", "artifacts/*"),
    "serving": ("artifacts/*",),
    "reader": ("manifests/*", "runs/*", "artifacts/*/figures/*"),
    "maintainer": ("manifests/*", "runs/*", "cache/*"),
}
WRITES = {
    "submitter": (
        "manifests/*", "bundles/*", "runs/*/run.json", "runs/*/cancel.json", "runs/*/end.json",
    ),
    "runner": (
        "runs/*/runner/*", "runs/*/expansions/*.json", "runs/*/steps/*/decision.json",
        "runs/*/steps/*/end.json", "runs/*/end.json",
    ),
    "step": ("runs/*/steps/*", "runs/*/expansions/*.json", "cache/*", "artifacts/*"),
}  # fmt: skip
LARGE = {"submitter": ("bundles/*",), "step": ("artifacts/*",)}
LISTS = {
    "deployer": ("manifests", "runs", "artifacts"),
    "serving": ("artifacts",),
    "reader": ("manifests", "runs", "artifacts"),
}
EVERYWHERE = ("manifests", "bundles", "runs", "cache", "artifacts")


def allow(action: str | list[str], *paths: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": [f"{BUCKET}/{one}" for one in paths]}


def aws_statements(identity: str) -> list[dict[str, Any]]:
    """Return exactly what an identity needs on a bucket with a key."""
    prefixes = [f"{one}/*" for one in LISTS.get(identity, EVERYWHERE)]
    said = [
        allow("s3:GetObject", *READS[identity]),
        {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET,
            "Condition": {"StringLike": {"s3:prefix": prefixes}},
        },
        {
            "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY,
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}},
        },
    ]  # fmt: skip
    if identity in WRITES:
        said.append(allow("s3:PutObject", *WRITES[identity]))
        said.append({"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": KEY})
    if identity in LARGE:
        said.append(allow("s3:AbortMultipartUpload", *LARGE[identity]))
    if identity == "maintainer":
        said.append(allow("s3:DeleteObject", *(f"{one}/*" for one in EVERYWHERE)))
    return said


WRITE_ONCE = [
    {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
    {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": [f"{BUCKET}/{one}/*" for one in ("runs", "manifests", "bundles", "cache")],
        "Condition": {
            "Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"},
        },
    },
    {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{BUCKET}/*",
        "Condition": {
            "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY},
            "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
        },
    },
]  # fmt: skip


def role_arn(identity: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/ml/acme-{identity}"


def aws_components(**more: Any) -> dict[str, Any]:
    return {
        "artifact_store": {
            "flavor": "s3", "url": "s3://ml", "region": "eu-central-1", "kms_key_arn": KEY,
        },
        "identity": {"flavor": "iam", **{one: role_arn(one) for one in READS}},
        **more,
    }  # fmt: skip


def aws_stack(
    statements: dict[str, list[dict[str, Any]]] | None = None, boundary: Any = None
) -> list[Resource]:
    """Return a stack whose identities have what they need, but for some statements."""
    said = {one: aws_statements(one) for one in READS} | (statements or {})
    found = [
        resource("aws:s3/bucket:Bucket", "bucket", {"bucket": "ml"}),
        resource(
            "aws:s3/bucketPolicy:BucketPolicy", "bucket-policy",
            {"bucket": "ml", "policy": {"Statement": WRITE_ONCE}}, bucket="bucket",
        ),
        resource("aws:kms/key:Key", "key", {}),
    ]  # fmt: skip
    if boundary is not None:
        found.append(
            resource("aws:iam/policy:Policy", "boundary", {"name": "limit", "policy": boundary})
        )
    for one, listed in said.items():
        props: dict[str, Any] = {"name": f"acme-{one}", "path": "/ml/"}
        if boundary is not None:
            props["permissionsBoundary"] = f"arn:aws:iam::{ACCOUNT}:policy/limit"
        props["assumeRolePolicy"] = {
            "Statement": {
                "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        }  # fmt: skip
        found.append(resource("aws:iam/role:Role", f"role-{one}", props))
        document = json.dumps({"Version": "2012-10-17", "Statement": listed})
        props = {"role": f"acme-{one}", "policy": document}
        found.append(
            resource("aws:iam/rolePolicy:RolePolicy", f"policy-{one}", props, role=f"role-{one}")
        )
    return found


def aws_export(outputs: dict[str, Any], more: tuple[Resource, ...] = ()) -> bytes:
    """Return the stack as `pulumi stack export` writes it."""
    resources = [*aws_stack(), *more]
    urns = {one.urn: f"urn:pulumi:aws::ml::{one.type}::{one.name}" for one in resources}
    whole = "pulumi:pulumi:Stack"
    records: list[dict[str, Any]] = [
        {"urn": f"urn:pulumi:aws::ml::{whole}::ml-aws", "type": whole, "outputs": outputs}
    ]
    for one in resources:
        depends = {key: [urns[urn] for urn in v] for key, v in one.property_dependencies.items()}
        records.append(
            {
                "urn": urns[one.urn],
                "type": one.type,
                "inputs": dict(one.props),
                "propertyDependencies": depends,
            }
        )
    return json.dumps({"version": 3, "deployment": {"resources": records}}).encode()
