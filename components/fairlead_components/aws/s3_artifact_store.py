"""An artifact store that is a bucket of Amazon S3."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.aws.bucket_policy import log_statements, store_statements, within_network
from fairlead_components.aws.defaults import Place, place
from fairlead_components.aws.kms_key import KmsKey, KmsKeyArgs
from fairlead_components.aws.private_bucket import PrivateBucket
from fairlead_components.base import Component, Wire, after
from fairlead_components.isolation import Isolation, is_vpc

# ruff: noqa: UP045 - see base.py

_NONCURRENT_DAYS = 90
_LOG_DAYS = 365


@dataclass(kw_only=True)
class ExistingS3Bucket:
    """Name a bucket that is there already; what it refuses is its owner's affair.

    Attributes:
        bucket: Its name.
        region: Its region; the provider's if not given.
        prefix: The folder in it that becomes the store's root.
        kms_key_arn: The key that encrypts what is written into it.
    """

    bucket: pulumi.Input[str]
    region: Optional[pulumi.Input[str]] = None
    prefix: Optional[str] = None
    kms_key_arn: Optional[pulumi.Input[str]] = None


@dataclass(kw_only=True)
class S3ArtifactStoreArgs:
    """Say what the bucket is like.

    Attributes:
        bucket: Its name; made of project, stack and account if not given.
        kms_key_arn: The key that encrypts; the stack's key component's, else one of its own.
        isolation: How far it is cut off; as the stack is, if not given. ``vpc`` needs both of:
        vpc_endpoint: The S3 endpoint of a VPC that every request has to come through.
        deployer: The ARN pattern of who provisions, whom the endpoint does not keep out.
        allow_pickle: Whether artifacts whose loading executes code may be written and read; off
            unless it is switched on.
        existing: A bucket to use as it is, instead of making one.
    """

    bucket: Optional[pulumi.Input[str]] = None
    kms_key_arn: Optional[pulumi.Input[str]] = None
    isolation: Optional[Isolation] = None
    vpc_endpoint: Optional[pulumi.Input[str]] = None
    deployer: Optional[pulumi.Input[str]] = None
    allow_pickle: Optional[pulumi.Input[bool]] = None
    existing: Optional[ExistingS3Bucket] = None


class S3ArtifactStore(Component):
    """Keep artifacts and records in a private bucket whose records nobody can overwrite.

    Example:
        A Pulumi program with nothing else::

            store = S3ArtifactStore("store", S3ArtifactStoreArgs())
            pulumi.export("store", store.contract)
    """

    kind = "artifact_store"
    flavor = "s3"
    beside_existing = frozenset({"allow_pickle"})
    wires = MappingProxyType({"kms_key_arn": Wire("key", "key_id", "kms")})

    def __init__(
        self, name: str, args: S3ArtifactStoreArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = arguments(S3ArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        where = place(self)
        if args.existing is not None:
            bucket = pulumi.Output.from_input(args.existing.bucket)
            root = (args.existing.prefix or "").strip("/")
            key, region = args.existing.kms_key_arn, args.existing.region or where.region
        else:
            key = args.kms_key_arn or self._own_key(name)
            bucket, root, region = self._make(name, args, key, where), "", where.region
        self.publish(
            url=bucket.apply(lambda known: f"s3://{known}/{root}".rstrip("/")),
            region=region,
            kms_key_arn=key,
            allow_pickle=False if args.allow_pickle is None else args.allow_pickle,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse to lock out whoever provisions, and isolation that nothing brings about."""
        yield from super().check(args)
        if is_vpc(args) and args.vpc_endpoint is None:
            yield "vpc_endpoint", "missing: `isolation: vpc` lets requests in through one only"
        if args.vpc_endpoint is not None and args.deployer is None:
            yield "deployer", "missing: `vpc_endpoint` keeps out whoever provisions, too"

    def _own_key(self, name: str) -> pulumi.Output[str]:
        options = pulumi.ResourceOptions.merge(self._options, self.child())
        return KmsKey(f"{name}-key", KmsKeyArgs(), options).arn

    def _make(
        self,
        name: str,
        args: S3ArtifactStoreArgs,
        key: pulumi.Input[str],
        where: Place,
    ) -> pulumi.Output[str]:
        """Make the bucket and the one that takes its access log; return its name."""
        named = pulumi.Output.from_input(args.bucket or where.name("s3_bucket", "artifacts"))
        log_name = where.name("s3_bucket", "artifacts-log")
        logs = PrivateBucket(self, f"{name}-log", log_name, key=None, expire_days=_LOG_DAYS)
        store = PrivateBucket(self, name, named, key=key, expire_days=_NONCURRENT_DAYS)

        def arn(bucket: pulumi.Output[str]) -> pulumi.Output[str]:
            return pulumi.Output.format("arn:{0}:s3:::{1}", where.partition, bucket)

        logs.policy(
            pulumi.Output.all(
                arn(log_name), where.account, arn(named), args.vpc_endpoint, args.deployer
            ).apply(
                lambda known: [
                    *log_statements(*known[:3]),
                    *within_network(known[0], *known[3:]),
                ]
            )
        )
        store.policy(
            pulumi.Output.all(arn(named), args.vpc_endpoint, args.deployer).apply(
                lambda known: store_statements(*known)
            )
        )
        store.log_to(logs)
        return after(named, store.last)
