"""What calls to a cluster's API server ask of roles, by who makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.ports.permissions import Identity, Permission


def calls(
    namespace: str, identity: Identity, verbs: Mapping[str, Sequence[str]]
) -> Iterator[Permission]:
    """Yield a permission for each verb on each resource.

    Args:
        namespace: Where.
        identity: Who calls.
        verbs: Resource (``jobs.batch``, ``pods/log``), with ``=name`` where one is meant → verbs.

    Example:
        >>> [one.action for one in calls("ml", "runner", {"pods": ["list", "watch"]})]
        ['pods:list', 'pods:watch']
    """
    for resource, listed in verbs.items():
        kind, _, name = resource.partition("=")
        for verb in listed:
            where = f"{namespace}/{name}" if name else namespace
            yield Permission("kubernetes", identity, f"{kind}:{verb}", where)
