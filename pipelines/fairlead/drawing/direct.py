"""Which arrows a picture needs: those that no others imply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def direct(above: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the dependencies that no other ones imply: the rest only hides them.

    Args:
        above: What each box depends on; all of it comes before the box.

    Example:
        >>> list(direct({"key": [], "bucket": ["key"], "policy": ["key", "bucket"]}))
        [('key', 'bucket'), ('bucket', 'policy')]
    """
    bit = {name: 1 << position for position, name in enumerate(above)}
    reached: dict[str, int] = {}
    for name, ups in above.items():
        implied = 0
        for up in ups:
            implied |= reached[up]
        yield from ((up, name) for up in ups if not implied & bit[up])
        for up in ups:
            implied |= bit[up]
        reached[name] = implied
