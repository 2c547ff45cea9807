"""Passwords that are generated once and kept in the engine's state, encrypted."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any

from fairlead_components.provider.handler import Handler, Property, ResourceError, Snapshot

_ALPHABET = string.ascii_letters + string.digits
_SHORTEST = 16


class PasswordHandler(Handler):
    """Generate a password; what is in the state is what it is."""

    token = "fairlead:index:Password"  # noqa: S105 - a type token
    description = "A password that nobody chose and nobody sees."
    inputs = {  # noqa: RUF012 - declared in the base class
        "length": Property("integer", "Characters.", default=40, replaces=True),
    }
    outputs = {  # noqa: RUF012 - declared in the base class
        "value": Property("string", "The password.", secret=True)
    }

    def validate(self, inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Refuse passwords that can be guessed."""
        if inputs.get("length", _SHORTEST) < _SHORTEST:
            yield "length", f"must be at least {_SHORTEST}"

    def create(self, inputs: dict[str, Any]) -> Snapshot:
        """Generate."""
        value = "".join(secrets.choice(_ALPHABET) for _ in range(inputs["length"]))
        return Snapshot(secrets.token_hex(8), dict(inputs), {**inputs, "value": value})

    def read(self, identifier: str, inputs: dict[str, Any]) -> Snapshot | None:
        """Return what the state holds: there is no other place."""
        if "value" not in inputs:
            raise ResourceError(
                f"the password {identifier} cannot be imported: it lies in no place but the state"
            )
        kept = {key: value for key, value in inputs.items() if key in self.inputs}
        return Snapshot(identifier, kept, dict(inputs))

    def update(self, identifier: str, inputs: dict[str, Any]) -> Snapshot:
        """Refuse: every change makes another password."""
        del inputs
        raise ResourceError(f"the password {identifier} cannot be changed in place")

    def delete(self, identifier: str, inputs: dict[str, Any]) -> None:
        """Forget it."""
