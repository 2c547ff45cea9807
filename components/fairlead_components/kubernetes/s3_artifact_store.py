"""An artifact store that is a bucket of S3, or of a server that speaks S3, which a team has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class AdoptedS3Bucket:
    """Name a bucket that a team has.

    Attributes:
        url: ``s3://bucket/prefix``.
        region: The bucket's region.
        endpoint_url: Where the server is, when it is not AWS.
        credentials_secrets: Function → the secret of the namespace whose key ``credentials`` is a
            file as ``AWS_SHARED_CREDENTIALS_FILE`` names it.
    """

    url: pulumi.Input[str]
    region: Optional[pulumi.Input[str]] = None
    endpoint_url: Optional[pulumi.Input[str]] = None
    credentials_secrets: Optional[dict[str, str]] = None


@dataclass(kw_only=True)
class AdoptedS3ArtifactStoreArgs:
    """Say where artifacts and records lie.

    Attributes:
        existing: The store.
        allow_pickle: Whether artifacts whose loading executes code may be written and read; off
            if not given.
    """

    existing: AdoptedS3Bucket
    allow_pickle: Optional[pulumi.Input[bool]] = None


class AdoptedS3ArtifactStore(Component):
    """Adopt a bucket; nothing is created.

    On EKS, pods are their service account's role: `identity.annotations` ties the two. For another
    server, `credentials_secrets` names secrets of the namespace.
    """

    kind = "artifact_store"
    flavor = "s3"
    beside_existing = frozenset({"allow_pickle"})

    def __init__(
        self,
        name: str,
        args: AdoptedS3ArtifactStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(AdoptedS3ArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        existing = args.existing
        self.publish(
            url=existing.url,
            region=existing.region,
            endpoint_url=existing.endpoint_url,
            credentials_secrets=existing.credentials_secrets,
            allow_pickle=False if args.allow_pickle is None else args.allow_pickle,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse URLs of something else."""
        yield from super().check(args)
        url = args.existing.url
        if isinstance(url, str) and not url.startswith("s3://"):
            yield "existing.url", f"{url} must begin with s3://"
