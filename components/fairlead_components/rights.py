"""What the functions of a stack may do in its store and registry, before any cloud's own words.

Every cloud's identities are granted from here, and here comes from the store's own table, so that
no cloud grants another path than the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from fairlead.ports.permissions import Identity
from fairlead.store.access import Verb, accesses

#: Every function of a stack that acts as an identity of its own.
FUNCTIONS: tuple[Identity, ...] = get_args(Identity)
#: Whose containers run images of the stack.
PULLING: tuple[Identity, ...] = ("runner", "step", "serving")
#: Who builds them.
PUSHING: tuple[Identity, ...] = ("submitter",)


@dataclass(frozen=True, slots=True)
class StoreRight:
    """Give one function one right on paths of the store.

    Attributes:
        function: Whose right it is.
        verb: What it may do there.
        paths: Where below the store's root; ``{…}`` is any text without ``/``, ``{…*}`` any.
        large: Whether contents may be so large that they are sent in parts.
    """

    function: Identity
    verb: Verb
    paths: tuple[str, ...]
    large: bool = False


def store_rights() -> Iterator[StoreRight]:
    """Yield each function's rights, the paths of one right together.

    Example:
        >>> [one.function for one in store_rights() if one.verb == "delete"]
        ['maintainer']
    """
    found: dict[tuple[Identity, Verb, bool], list[str]] = {}
    for access in accesses():
        found.setdefault((access.identity, access.verb, access.large), []).append(access.path)
    for (function, verb, large), paths in found.items():
        yield StoreRight(function, verb, tuple(paths), large)
