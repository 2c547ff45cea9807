"""What each function's role may do: the rights that hold on every cloud, as statements of IAM."""

import re
from collections import defaultdict
from typing import Any, Optional

from fairlead.ports.permissions import Identity
from fairlead_components.aws.defaults import allow
from fairlead_components.rights import PULLING, PUSHING, store_rights

# ruff: noqa: UP045 - see base.py

_ANY = re.compile(r"\{[^}]*\}")
_VERBS = {"read": "s3:GetObject", "create": "s3:PutObject", "delete": "s3:DeleteObject"}
_ABORT = "s3:AbortMultipartUpload"

#: Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
_PUSH = (
    "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage",
)  # fmt: skip


def store_grants(function: Identity, url: str, partition: str) -> list[dict[str, Any]]:
    """Return the statements on the bucket.

    Args:
        function: Whose role.
        url: The store's root, ``s3://bucket`` or ``s3://bucket/prefix``.
        partition: Such as ``aws``.

    Example:
        >>> [s["Action"] for s in store_grants("serving", "s3://ml", "aws")]
        [['s3:GetObject'], ['s3:ListBucket']]
    """
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    arn = f"arn:{partition}:s3:::{bucket}"
    root = f"{prefix}/" if prefix else ""
    found: dict[str, list[str]] = defaultdict(list)
    for right in store_rights():
        if right.function != function:
            continue
        paths = [f"{root}{_ANY.sub('*', path)}" for path in right.paths]
        if right.verb == "list":
            found["s3:ListBucket"] += paths
            continue
        found[_VERBS[right.verb]] += [f"{arn}/{path}" for path in paths]
        if right.large:
            found[_ABORT] += [f"{arn}/{path}" for path in paths]
    listed = found.pop("s3:ListBucket", [])
    granted = [allow(action.removeprefix("s3:"), [action], on) for action, on in found.items()]
    if listed:
        within = {"StringLike": {"s3:prefix": listed}}
        granted.append(allow("ListBucket", ["s3:ListBucket"], arn, condition=within))
    return granted


def key_grants(function: Identity, key: str, region: str) -> list[dict[str, Any]]:
    """Return the statements on the key, which S3 uses in the role's name and nobody else does.

    Args:
        function: Whose role.
        key: The key's ARN.
        region: The bucket's region.
    """
    mine = [right for right in store_rights() if right.function == function]
    actions = []
    if any(right.verb == "read" or right.large for right in mine):
        actions.append("kms:Decrypt")
    if any(right.verb == "create" for right in mine):
        actions.append("kms:GenerateDataKey")
    if not actions:
        return []
    via = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
    return [allow("UseKey", actions, key, condition=via)]


def boundary_grants(
    url: Optional[str], repository: Optional[str], place: tuple[str, str, str]
) -> list[dict[str, Any]]:
    """Return what no role of a stack exceeds, whatever else somebody grants it.

    Args:
        url: The store's root; None where roles have none.
        repository: The ARN of the repository of images; None where roles have none.
        place: Partition, region and account.

    Example:
        >>> [s["Sid"] for s in boundary_grants("s3://ml", None, ("aws", "eu-west-1", "1"))]
        ['Objects', 'ListBucket', 'UseKeys']
    """
    partition, region, account = place
    granted = []
    if url is not None:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        arn = f"arn:{partition}:s3:::{bucket}"
        objects = f"{arn}/{prefix}/*" if prefix else f"{arn}/*"
        via = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
        keys = f"arn:{partition}:kms:{region}:{account}:key/*"
        granted = [
            allow("Objects", sorted({*_VERBS.values(), _ABORT}), objects),
            allow("ListBucket", ["s3:ListBucket"], arn),
            allow("UseKeys", ["kms:Decrypt", "kms:GenerateDataKey"], keys, condition=via),
        ]
    if repository is not None:
        granted.append(allow("LogIn", ["ecr:GetAuthorizationToken"], "*"))
        granted.append(allow("UseImages", sorted({*_PULL, *_PUSH}), repository))
    return granted


def registry_grants(function: Identity, repository: str) -> list[dict[str, Any]]:
    """Return the statements on the repository of images.

    Args:
        function: Whose role.
        repository: Its ARN.

    Example:
        >>> [s["Sid"] for s in registry_grants("step", "arn:aws:ecr:eu-west-1:1:repository/ml")]
        ['LogIn', 'UseImages']
    """
    actions = [*(_PULL if function in PULLING else ()), *(_PUSH if function in PUSHING else ())]
    if not actions:
        return []
    # Logging in is to the account's registry, which has no name.
    log_in = allow("LogIn", ["ecr:GetAuthorizationToken"], "*")
    return [log_in, allow("UseImages", actions, repository)]
