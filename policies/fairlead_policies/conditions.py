"""The few conditions most rules consist of, each aware of what is not known yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Undecided, Violation

ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
SECRET_NAME = re.compile(r"password|secret|token|api_?key|access_?key", re.IGNORECASE)


def undecided(path: str) -> Undecided:
    """Return the remark that a property is not known yet."""
    return Undecided(f"`{path}` is not known before it is created")


def require(value: Any, test: Callable[[Any], bool], path: str, message: str) -> Problems:
    """Hold a value to a test.

    Args:
        value: The value, None where absent, or UNKNOWN.
        test: Tells whether a known value is right.
        path: What the value is called.
        message: What is wrong otherwise; never holds a value.

    Example:
        >>> require(7, lambda days: days >= 30, "days", "`days` must be at least 30")
        [Violation(message='`days` must be at least 30')]
    """
    if value is UNKNOWN:
        return [undecided(path)]
    return [] if test(value) else [Violation(message)]


def is_true(resource: Resource, path: str) -> Problems:
    """Require a property to be true; absent is not."""
    return require(resource.get(path), lambda v: v is True, path, f"`{path}` must be true")


def is_false(resource: Resource, path: str) -> Problems:
    """Require a property to be false; absent is not."""
    return require(resource.get(path), lambda v: v is False, path, f"`{path}` must be false")


def not_true(resource: Resource, path: str) -> Problems:
    """Require a property not to be true; absent is right."""
    return require(resource.get(path), lambda v: v is not True, path, f"`{path}` must not be true")


def is_set(resource: Resource, path: str) -> Problems:
    """Require a property to be set; what is set and known only after apply is right."""
    value = resource.get(path)
    return [] if value is UNKNOWN or value else [Violation(f"`{path}` must be set")]


def one_of(resource: Resource, path: str, allowed: Collection[str]) -> Problems:
    """Require a property to have one of some values, which the message names."""
    names = " or ".join(sorted(allowed))
    return require(resource.get(path), lambda v: v in allowed, path, f"`{path}` must be {names}")


def closed(values: list[Any], path: str) -> Problems:
    """Require a list of address ranges not to hold all addresses."""
    problems: Problems = []
    for value in values:
        problems += require(
            value, lambda v: v not in ANYWHERE, path, f"`{path}` must not hold every address"
        )
    return problems


def lookup_any(resource: Resource, *paths: str) -> bool:
    """Tell whether any of some properties is set; what is known only after apply is."""
    return any(bool(resource.get(path)) for path in paths)
