"""The port through which an adapter learns of the other components of its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from fairlead.contracts.manifest import StackManifest


@runtime_checkable
class Bound(Protocol):
    """Know the stack: steps that run elsewhere must be given what reaches its components."""

    def bind(self, manifest: StackManifest) -> None:
        """Take note of the stack's contracts; called once, before anything else."""
        ...
