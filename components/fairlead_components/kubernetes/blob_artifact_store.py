"""An artifact store that is a container of an Azure storage account which a team has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

import pulumi

from fairlead_components.arguments import arguments
from fairlead_components.base import Component

# ruff: noqa: UP045 - see base.py


@dataclass(kw_only=True)
class AdoptedBlobContainer:
    """Name a container that a team has.

    Attributes:
        url: ``abfs://container/prefix``.
        account_name: The storage account.
        endpoint_url: The blob endpoint, when it is not Azure's public one.
    """

    url: pulumi.Input[str]
    account_name: pulumi.Input[str]
    endpoint_url: Optional[pulumi.Input[str]] = None


@dataclass(kw_only=True)
class AdoptedBlobArtifactStoreArgs:
    """Say where artifacts and records lie.

    Attributes:
        existing: The store.
        allow_pickle: Whether artifacts whose loading executes code may be written and read; off
            if not given.
    """

    existing: AdoptedBlobContainer
    allow_pickle: Optional[pulumi.Input[bool]] = None


class AdoptedBlobArtifactStore(Component):
    """Adopt a container; nothing is created.

    On AKS, pods are the identity that their service account is tied to: `identity.annotations`.
    """

    kind = "artifact_store"
    flavor = "blob"
    beside_existing = frozenset({"allow_pickle"})

    def __init__(
        self,
        name: str,
        args: AdoptedBlobArtifactStoreArgs,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        args = arguments(AdoptedBlobArtifactStoreArgs, args)
        super().__init__(name, args, opts)
        existing = args.existing
        self.publish(
            url=existing.url,
            account_name=existing.account_name,
            endpoint_url=existing.endpoint_url,
            allow_pickle=False if args.allow_pickle is None else args.allow_pickle,
        )

    @classmethod
    def check(cls, args: Any) -> Iterable[tuple[str, str]]:
        """Refuse URLs of something else."""
        yield from super().check(args)
        url = args.existing.url
        if isinstance(url, str) and not url.startswith(("abfs://", "abfss://", "az://")):
            yield "existing.url", f"{url} must begin with abfs://"
