"""The artifact store of a stack on AWS, or on any server that speaks S3: a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.contracts.artifact_store import S3ArtifactStoreContract
from fairlead.ports.permissions import Identity, Permission
from fairlead.store.access import Access, accesses
from fairlead.store.objects import ObjectStore
from fairlead.store.remote_objects import RemoteObjects


class S3ArtifactStore:
    """Open the bucket that the contract names; needs ``fairlead[s3]``.

    Credentials, and what the contract leaves open, come from the AWS SDK's own places
    (``AWS_PROFILE``, ``AWS_ENDPOINT_URL``, ``AWS_DEFAULT_REGION``, the machine's role).

    Example:
        >>> contract = S3ArtifactStoreContract(url="s3://ml/prod", region="eu-central-1")
        >>> S3ArtifactStore(contract).objects().url
        's3://ml/prod'
    """

    def __init__(self, contract: S3ArtifactStoreContract) -> None:
        self._contract = contract

    def objects(self) -> ObjectStore:
        """Return the objects of the store."""
        options: dict[str, Any] = {}
        if self._contract.endpoint_url:
            options["endpoint_url"] = self._contract.endpoint_url
        if self._contract.region:
            options["client_kwargs"] = {"region_name": self._contract.region}
        return RemoteObjects(self._contract.url, **options)

    def permissions(self) -> tuple[Permission, ...]:
        """Return the calls that identities make to AWS; none where another server speaks S3.

        Source:
            https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
        """
        if self._contract.endpoint_url:
            return ()
        return (*self._on_objects(), *self._on_key())

    def _on_objects(self) -> Iterator[Permission]:
        bucket, _, prefix = self._contract.url.removeprefix("s3://").partition("/")
        arn = f"arn:aws:s3:::{bucket}"
        root = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        for access in accesses():
            path = f"{root}{access.path}"
            if access.verb == "list":
                context = {**_ALWAYS, "s3:prefix": path}
                yield Permission("aws", access.identity, "s3:ListBucket", arn, context)
                continue
            for action, context in _calls(access):
                yield Permission("aws", access.identity, action, f"{arn}/{path}", context)

    def _on_key(self) -> Iterator[Permission]:
        key, region = self._contract.kms_key_arn, self._contract.region
        if key is None:
            return
        via = {"kms:ViaService": f"s3.{region}.amazonaws.com"} if region else {}
        context = {**_ALWAYS, **via}
        needs: dict[tuple[Identity, str], None] = {}
        for access in accesses():
            if access.verb == "read" or access.large:  # the parts of an upload are read again
                needs[access.identity, "kms:Decrypt"] = None
            if access.verb == "create":
                needs[access.identity, "kms:GenerateDataKey"] = None
        for identity, action in needs:
            yield Permission("aws", identity, action, key, context)


#: What every request of the SDK is.
_ALWAYS: dict[str, str | None] = {
    "aws:SecureTransport": "true",
    "aws:PrincipalIsAWSService": "false",
}


def _calls(access: Access) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Return the calls behind an access to objects, each with what its request carries."""
    if access.verb == "read":
        yield "s3:GetObject", _ALWAYS
    elif access.verb == "delete":
        yield "s3:DeleteObject", _ALWAYS
    else:
        # The bucket's own default encrypts: no request names an algorithm or a key.
        bare: dict[str, str | None] = {
            **_ALWAYS,
            "s3:x-amz-server-side-encryption": None,
            "s3:x-amz-server-side-encryption-aws-kms-key-id": None,
            "s3:x-amz-acl": None,
        }
        yield (
            "s3:PutObject",
            {**bare, "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"},
        )
        if access.large:  # starting an upload and sending its parts; completing it is as above
            part = {**bare, "s3:if-none-match": None, "s3:ObjectCreationOperation": "false"}
            yield "s3:PutObject", part
            yield "s3:AbortMultipartUpload", _ALWAYS
