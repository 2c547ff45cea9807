"""What calls to a cluster's API server ask of roles, by who makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.ports.permissions import Identity, Permission

#: Who reaches a server in the cluster from outside: pods are given what they need.
_PEOPLE: tuple[Identity, ...] = ("submitter", "deployer", "reader", "maintainer")


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


def reaching(namespace: str, service: str, credentials: Mapping[str, str]) -> Iterator[Permission]:
    """Yield what people need to reach a server in the cluster: their secret, and a port forward.

    Args:
        namespace: Where the server is.
        service: Its service.
        credentials: Who → the secret with their credentials; whoever has none does not reach it.
    """
    for identity in _PEOPLE:
        if secret := credentials.get(identity):
            verbs = {
                f"secrets={secret}": ["get"],
                f"services={service}": ["get"],
                "pods": ["list"],
                "pods/portforward={name}": ["get", "create"],
            }
            yield from calls(namespace, identity, verbs)
