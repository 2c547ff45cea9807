"""Passwords: long, different, encrypted in the state and found again only there."""

from __future__ import annotations

import pytest

from fairlead_components.provider.handler import ResourceError
from fairlead_components.provider.password import PasswordHandler

HANDLER = PasswordHandler()


def test_a_password_is_made_once_and_hidden() -> None:
    inputs, failures = HANDLER.check({})
    assert failures == []
    made = HANDLER.create(inputs)
    other = HANDLER.create(inputs)
    assert len(made.outputs["value"]) == 40
    assert made.outputs["value"] != other.outputs["value"]
    assert HANDLER.hidden == {"value"}
    assert made.outputs["value"] not in made.id
    assert "value" not in made.inputs
    assert HANDLER.read(made.id, made.outputs) == made
    assert HANDLER.diff(made.inputs, {"length": 50}) == (["length"], ["length"])


def test_what_can_be_guessed_or_lies_nowhere_is_refused() -> None:
    _, failures = HANDLER.check({"length": 8})
    assert failures == [("length", "must be at least 16")]
    with pytest.raises(ResourceError, match="cannot be imported"):
        HANDLER.read("x", {})
