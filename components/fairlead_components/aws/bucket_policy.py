"""What a bucket refuses, whatever else is allowed: pure functions of names."""

from typing import Any, Optional

from fairlead_components.aws.defaults import allow, deny

# ruff: noqa: UP045 - see base.py

#: Whose objects are never overwritten.
WRITTEN_ONCE = ("runs", "manifests", "bundles", "cache")


def store_statements(
    bucket: str, vpc_endpoint: Optional[str] = None, deployer: Optional[str] = None
) -> list[dict[str, Any]]:
    """Return the statements of an artifact store's bucket.

    Args:
        bucket: The bucket's ARN.
        vpc_endpoint: The endpoint that requests have to come through; None takes all.
        deployer: The ARN pattern of who provisions, and is not kept out by the endpoint.

    Source:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """
    everything = [bucket, f"{bucket}/*"]
    statements = [
        _secure_transport(everything),
        # The bucket's own default encrypts: a request that names a key names another one.
        deny(
            "DenyOtherKeys", ["s3:PutObject"], f"{bucket}/*",
            condition={"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"}},
        ),
        # Negated conditions hold where there is no such key: only a header that is there counts.
        deny(
            "DenyOtherEncryption", ["s3:PutObject"], f"{bucket}/*",
            condition={
                "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
                "Null": {"s3:x-amz-server-side-encryption": "false"},
            },
        ),
        # Parts of an upload carry no such header, and the request that completes it does.
        deny(
            "DenyOverwriting", ["s3:PutObject"],
            [f"{bucket}/{folder}/*" for folder in WRITTEN_ONCE],
            condition={
                "Null": {"s3:if-none-match": "true"},
                "Bool": {"s3:ObjectCreationOperation": "true"},
            },
        ),
    ]  # fmt: skip
    return [*statements, *within_network(bucket, vpc_endpoint, deployer)]


def within_network(
    bucket: str, vpc_endpoint: Optional[str], deployer: Optional[str]
) -> list[dict[str, Any]]:
    """Return the statement that keeps out who does not come through an endpoint; none without one.

    Args:
        bucket: The bucket's ARN.
        vpc_endpoint: The endpoint that requests have to come through; None takes all.
        deployer: The ARN pattern of who provisions, and would be locked out.
    """
    if vpc_endpoint is None:
        return []
    outside = {
        "StringNotEqualsIfExists": {"aws:SourceVpce": vpc_endpoint},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        "ArnNotLike": {"aws:PrincipalArn": deployer},
    }
    return [deny("DenyOutsideVpc", ["s3:*"], [bucket, f"{bucket}/*"], condition=outside)]


def log_statements(bucket: str, account: str, source: str) -> list[dict[str, Any]]:
    """Return the statements of a bucket that takes another one's access log.

    Args:
        bucket: Its ARN.
        account: The account of both.
        source: The ARN of the other bucket.
    """
    return [
        _secure_transport([bucket, f"{bucket}/*"]),
        allow(
            "AccessLog", ["s3:PutObject"], f"{bucket}/*",
            principal={"Service": "logging.s3.amazonaws.com"},
            condition={
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": source},
            },
        ),
    ]  # fmt: skip


def _secure_transport(resources: list[str]) -> dict[str, Any]:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return deny("DenyInsecureTransport", ["s3:*"], resources, condition=condition)
