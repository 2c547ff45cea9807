"""An artifact store that is a bucket of Google Cloud Storage which a team has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class AdoptedGcsBucket:
    """Name a bucket that a team has.

    Attributes:
        url: ``gs://bucket/prefix``.
        project: The project that owns the bucket.
    """

    url: pulumi.Input[str]
    project: Optional[pulumi.Input[str]] = None


@dataclass(kw_only=True)
class AdoptedGcsArtifactStoreArgs:
    """Say where artifacts and records lie.

    Attributes:
        existing: The store.
        allow_pickle: Whether artifacts whose loading executes code may be written and read; off
            if not given.
    """

    existing: AdoptedGcsBucket
    allow_pickle: Optional[pulumi.Input[bool]] = None


class AdoptedGcsArtifactStore(Component):
    """Adopt a bucket; nothing is created.

    On GKE, pods are the identity that their service account is tied to: `identity.annotations`.
    """

    kind = "artifact_store"
    flavor = "gcs"
    beside_existing = frozenset({"allow_pickle"})

    def __init__(
        self,
        name: str,
        args: AdoptedGcsArtifactStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(AdoptedGcsArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        existing = args.existing
        self.publish(
            url=existing.url,
            project=existing.project,
            allow_pickle=False if args.allow_pickle is None else args.allow_pickle,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse URLs of something else."""
        yield from super().check(args)
        url = args.existing.url
        if isinstance(url, str) and not url.startswith(("gs://", "gcs://")):
            yield "existing.url", f"{url} must begin with gs://"
