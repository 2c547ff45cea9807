"""How far what a component provisions is cut off from networks that are not its own."""

from enum import Enum
from typing import Any, Optional

import pulumi

from fairlead_components.base import ComponentError

# ruff: noqa: UP045 - see base.py


class Isolation(Enum):
    """Say who may reach a service at all; who may do what there, identities decide in any case.

    ``none`` leaves the service's public address open, ``private`` closes it wherever the service
    has one of its own, and ``vpc`` lets requests in from a named network only.
    """

    NONE = "none"
    PRIVATE = "private"
    VPC = "vpc"


def isolation_of(given: Optional[Any]) -> Isolation:
    """Return how far a component is cut off: as it says, else as its stack, else ``private``.

    Args:
        given: The component's argument, an ``Isolation`` or its text.

    Raises:
        ComponentError: It is none of the three.

    Example:
        >>> isolation_of(None).value, isolation_of("vpc").value
        ('private', 'vpc')
    """
    text = given.value if isinstance(given, Isolation) else given
    text = text or pulumi.Config("fairlead").get("isolation") or Isolation.PRIVATE.value
    try:
        return Isolation(text)
    except ValueError:
        known = ", ".join(one.value for one in Isolation)
        raise ComponentError(f"isolation: must be one of {known}") from None


def is_vpc(args: Any) -> bool:
    """Return whether arguments ask for a network of their own, for what is made.

    Args:
        args: A component's arguments, with ``isolation`` and ``existing``.
    """
    return args.existing is None and isolation_of(args.isolation) is Isolation.VPC
