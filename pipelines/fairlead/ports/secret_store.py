"""The port through which values of secrets are read and written."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class SecretStore(Protocol):
    """Read and write secrets by name; names are not secret, values never leave memory."""

    def get(self, name: str) -> str:
        """Return a secret's value; raise LookupError with the name and the fix if there is none."""
        ...

    def put(self, name: str, value: str) -> None:
        """Store a value, replacing the one before."""
        ...

    def names(self) -> list[str]:
        """List the names, sorted."""
        ...

    def delete(self, name: str) -> None:
        """Remove a secret; removing what is not there is no error."""
        ...
