"""Who may do what in the bucket of an in-cluster S3 server, each function with its own key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fairlead_components.kubernetes.roles import FUNCTIONS

_ENDS = ("runs/*/end.json", "runs/*/steps/*/end.json")
#: Function → what it writes: the paths of the store, as the run protocol gives them out.
_WRITES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "submitter": (
            "manifests/*", "bundles/*", "templates/*", "runs/*/run.json", "runs/*/cancel.json",
            *_ENDS,
        ),
        "runner": (
            "runs/*/runner/*", "runs/*/expansions/*", "runs/*/steps/*/decision.json", *_ENDS,
        ),
        "step": ("runs/*/steps/*", "runs/*/expansions/*", "cache/*", "artifacts/*"),
    }
)  # fmt: skip
#: Who reads everything; served models read artifacts and nothing else.
_READERS = tuple(function for function in FUNCTIONS if function != "serving")
_PUT = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
#: The server's own administrator, whom no function is.
ROOT = "root"


def policy(bucket: str) -> dict[str, Any]:
    """Return the bucket's policy.

    Only the maintainer deletes. The bucket keeps no versions: with them, this server refuses to
    create what was deleted, as damaged artifacts are. Snapshots of the volume are the backup.

    Args:
        bucket: The bucket's name.

    Example:
        >>> [s["Principal"]["AWS"] for s in policy("b")["Statement"] if "Delete" in str(s)]
        [['maintainer']]
    """
    everything = f"arn:aws:s3:::{bucket}"

    def allow(who: Sequence[str], actions: Sequence[str], paths: Sequence[str]) -> dict[str, Any]:
        return {
            "Effect": "Allow",
            "Principal": {"AWS": list(who)},
            "Action": list(actions),
            "Resource": [f"{everything}/{path}" if path else everything for path in paths],
        }

    return {
        "Version": "2012-10-17",
        "Statement": [
            allow(_READERS, ["s3:ListBucket", "s3:GetBucketLocation"], [""]),
            allow(_READERS, ["s3:GetObject"], ["*"]),
            allow(["serving"], ["s3:GetObject"], ["artifacts/*"]),
            *(allow([who], _PUT, paths) for who, paths in _WRITES.items()),
            allow(["maintainer"], ["s3:DeleteObject"], ["*"]),
        ],
    }


def bucket_files(bucket: str) -> dict[str, str]:
    """Return the server's own records of a bucket, which make it without anybody asking for it.

    Args:
        bucket: The bucket's name.

    Source:
        https://github.com/versity/versitygw/wiki (metadata kept beside the objects)
    """
    owner = {"Permission": "FULL_CONTROL", "Access": ROOT, "Type": "CanonicalUser"}
    return {
        "acl": json.dumps({"Owner": ROOT, "Grantees": [owner]}),
        "ownership": "BucketOwnerEnforced",
        "policy": json.dumps(policy(bucket), sort_keys=True),
    }


def accounts(passwords: Mapping[str, str]) -> str:
    """Return the server's list of accounts.

    Args:
        passwords: Function → its password.
    """
    listed = {
        who: {"access": who, "secret": password, "role": "user"}
        for who, password in passwords.items()
    }
    return json.dumps({"accessAccounts": listed}, sort_keys=True)


def credentials_file(who: str, password: str) -> str:
    """Return a file as ``AWS_SHARED_CREDENTIALS_FILE`` names it.

    Args:
        who: The function, which is its access key.
        password: Its password.
    """
    return f"[default]\naws_access_key_id = {who}\naws_secret_access_key = {password}\n"
