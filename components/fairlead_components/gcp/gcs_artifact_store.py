"""An artifact store that is a bucket of Cloud Storage."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional

import pulumi
from pulumi_gcp.kms import CryptoKeyIAMMember
from pulumi_gcp.storage import Bucket, get_project_service_account_output

from fairlead_components.arguments import arguments
from fairlead_components.base import Component, Wire, after
from fairlead_components.gcp.defaults import labels, location_of, project_of, required_key
from fairlead_components.isolation import Isolation, is_vpc
from fairlead_components.naming import physical_name

# ruff: noqa: UP045 - see base.py

_USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_WEEK = 7 * 86_400
_NONCURRENT_DAYS = 90


@dataclass(kw_only=True)
class ExistingBucket:
    """Name a bucket that is there already.

    Attributes:
        url: ``gs://bucket``, or a folder of it: ``gs://bucket/folder``.
    """

    url: pulumi.Input[str]


@dataclass(kw_only=True)
class GcsArtifactStoreArgs:
    """Say where artifacts and records lie.

    Attributes:
        key: The key that encrypts them, by resource name; the stack's key if not given.
        bucket: The bucket's name; after project and stack if not given.
        location: The region that the data stays in; the provider's if not given.
        project: The project; the provider's if not given.
        isolation: How far it is cut off; as the stack is, if not given. ``vpc`` needs:
        network: The network that requests have to come from: ``projects/…/global/networks/…``.
        allow_pickle: Whether artifacts whose loading executes code may be written and read.
        existing: A bucket to use as it is, instead of making one.
    """

    key: Optional[pulumi.Input[str]] = None
    bucket: Optional[pulumi.Input[str]] = None
    location: Optional[pulumi.Input[str]] = None
    project: Optional[pulumi.Input[str]] = None
    isolation: Optional[Isolation] = None
    network: Optional[pulumi.Input[str]] = None
    allow_pickle: Optional[pulumi.Input[bool]] = None
    existing: Optional[ExistingBucket] = None


class GcsArtifactStore(Component):
    """Keep artifacts and records in a bucket that nobody reaches but who is granted it.

    Whoever may create objects but not delete them cannot overwrite one: Cloud Storage asks for
    both. The stack's identities are granted no more than that, below the store's own paths; see
    ``ServiceAccountIdentity``.

    Example:
        A Pulumi program with nothing else::

            store = GcsArtifactStore("store", GcsArtifactStoreArgs(key=key.id))
            pulumi.export("store", store.contract)
    """

    kind = "artifact_store"
    flavor = "gcs"
    beside_existing = frozenset({"allow_pickle", "project"})
    wires = MappingProxyType({"key": Wire("key", "key_id", "kms_crypto")})

    def __init__(
        self,
        name: str,
        args: GcsArtifactStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(GcsArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        allow_pickle = False if args.allow_pickle is None else args.allow_pickle
        project = project_of(args.project)
        if args.existing is not None:
            self.publish(url=args.existing.url, project=project, allow_pickle=allow_pickle)
            return
        key = required_key(args.key, f"{type(self).__name__} {name!r}")
        bucket = args.bucket or project.apply(
            lambda owner: physical_name(
                "gcs_bucket", pulumi.get_project(), pulumi.get_stack(), unique=owner
            )
        )
        made = self._bucket(name, bucket, key, args, project)
        self.publish(
            url=after(pulumi.Output.concat("gs://", bucket), made),
            project=project,
            kms_key_name=key,
            allow_pickle=allow_pickle,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse addresses of other stores, names that Google keeps, and isolation from nothing."""
        yield from super().check(args)
        if is_vpc(args) and args.network is None:
            yield "network", "missing: `isolation: vpc` lets requests in from one only"
        url = getattr(args.existing, "url", None)
        if isinstance(url, str) and not url.startswith("gs://"):
            yield "existing.url", "must begin with gs://"
        bucket = args.bucket
        if isinstance(bucket, str) and (bucket.startswith("goog") or "google" in bucket):
            yield "bucket", "must neither begin with goog nor contain google"

    def _bucket(
        self,
        name: str,
        bucket: pulumi.Input[str],
        key: pulumi.Input[str],
        args: GcsArtifactStoreArgs,
        project: pulumi.Output[str],
    ) -> Bucket:
        agent = get_project_service_account_output(project=project).email_address
        granted = CryptoKeyIAMMember(
            f"{name}-key",
            crypto_key_id=key,
            role=_USE,
            member=pulumi.Output.format("serviceAccount:{0}", agent),
            # Kept with the bucket, which could not be read without it.
            opts=self.child(data=True),
        )
        return Bucket(
            name,
            name=bucket,
            project=project,
            location=location_of(args.location),
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            encryption={"default_kms_key_name": key},
            versioning={"enabled": True},
            soft_delete_policy={"retention_duration_seconds": _WEEK},
            lifecycle_rules=[
                {
                    "action": {"type": "AbortIncompleteMultipartUpload"},
                    "condition": {"age": 7},
                },
                {
                    "action": {"type": "Delete"},
                    "condition": {
                        "days_since_noncurrent_time": _NONCURRENT_DAYS,
                        "with_state": "ARCHIVED",
                    },
                },
            ],
            ip_filter=None if args.network is None else _only_from(args.network),
            force_destroy=False,
            labels=labels(self.tags()),
            # A bucket whose key its service may not use cannot be made.
            opts=pulumi.ResourceOptions.merge(
                self.child(data=True), pulumi.ResourceOptions(depends_on=[granted])
            ),
        )


def _only_from(network: pulumi.Input[str]) -> Any:
    """Return a filter that lets in a network and Google's own agents, and nobody else."""
    source = {"network": network, "allowed_ip_cidr_ranges": ["0.0.0.0/0"]}
    return {
        "mode": "Enabled",
        "allow_all_service_agent_access": True,
        "vpc_network_sources": [source],
    }
