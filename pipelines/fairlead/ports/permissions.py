"""What an adapter will ask of a cloud, declared as data: preflight holds it to what is granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

Identity = Literal["submitter", "runner", "step", "deployer", "serving", "reader", "maintainer"]
Cloud = Literal["aws", "gcp", "azure", "kubernetes"]


@dataclass(frozen=True, slots=True)
class Permission:
    """Name one call that one identity will make.

    ``{…}`` in a resource or a context value stands for what only a run knows: any text without
    ``/``; ``{…*}`` may hold ``/``; ``{passes}`` is the identity that the call hands on.

    Attributes:
        cloud: Whose permission system decides.
        identity: Who calls.
        action: The call, as that system names it: ``s3:GetObject``, ``storage.objects.get``,
            ``Microsoft.Storage/…/blobs/read``, ``jobs.batch:create``, ``pods/log:get``.
        resource: What it is called on, as that system names it.
        context: What the request carries beside, by condition key; None: it does not carry the key.
        passes: The identity that the call hands to what it starts, if it does.

    Example:
        >>> Permission("aws", "step", "s3:GetObject", "arn:aws:s3:::ml/artifacts/{rest*}").passes
    """

    cloud: Cloud
    identity: Identity
    action: str
    resource: str
    context: Mapping[str, str | None] = field(default_factory=dict)
    passes: Identity | None = None


@runtime_checkable
class DeclaresPermissions(Protocol):
    """Tell every permission that the calls of an adapter need; an ability of adapters."""

    def permissions(self) -> Sequence[Permission]:
        """Return them all; from the contract alone, without calling the backend."""
        ...
