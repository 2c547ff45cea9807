"""Lay a diagram out in layers: columns from left to right, few crossings, nothing overlapping.

Source: Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of Hierarchical System
Structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981); coordinates by isotonic
regression (pool adjacent violators), which never changes the order within a layer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fairlead.drawing.diagram import Diagram

_SWEEPS = 8

#: Bends of long arrows that are kept apart from boxes; beyond it arrows run straight.
_BENDS = 4000


@dataclass(slots=True)
class Layout:
    """Say where every box and bend is.

    Attributes:
        layers: Ids of boxes and bends in each layer, in order.
        layer: Layer of each.
        center: Position of each within its layer, in the caller's units.
        paths: For each arrow the ids from its start over its bends to its end.
        bends: Ids that are bends.
    """

    layers: list[list[str]] = field(default_factory=list)
    layer: dict[str, int] = field(default_factory=dict)
    center: dict[str, float] = field(default_factory=dict)
    paths: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    bends: set[str] = field(default_factory=set)


def arrange(diagram: Diagram, sizes: Mapping[str, float], gap: float) -> Layout:
    """Lay a diagram out.

    Args:
        diagram: What to lay out.
        sizes: Extent of each box across its layer (its height); bends have half the gap.
        gap: Least distance between neighbours.

    Returns:
        The layout; the smallest extent begins at 0.

    Example:
        >>> from fairlead.drawing.diagram import Box, Diagram
        >>> two = Diagram((Box("a", "a"), Box("b", "b")), (("a", "b"),))
        >>> arrange(two, {"a": 10, "b": 10}, 4).layers
        [['a'], ['b']]
    """
    layout = Layout()
    depths = diagram.depths()
    layout.layers = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for box in diagram.boxes:
        layout.layer[box.id] = depths[box.id]
        layout.layers[depths[box.id]].append(box.id)
    _bend(layout, diagram)
    before, after = _neighbours(layout)
    _order(layout, before, after)
    _place(layout, before, after, {**dict.fromkeys(layout.bends, gap / 2), **sizes}, gap)
    return layout


def _bend(layout: Layout, diagram: Diagram) -> None:
    spans = {arrow: layout.layer[arrow[1]] - layout.layer[arrow[0]] for arrow in diagram.arrows}
    left = _BENDS
    for arrow in sorted(diagram.arrows, key=lambda arrow: spans[arrow]):
        path = [arrow[0]]
        if spans[arrow] - 1 <= left:
            for layer in range(layout.layer[arrow[0]] + 1, layout.layer[arrow[1]]):
                bend = f"{arrow[0]} {arrow[1]} {layer}"
                layout.layer[bend] = layer
                layout.layers[layer].append(bend)
                layout.bends.add(bend)
                path.append(bend)
                left -= 1
        layout.paths[arrow] = [*path, arrow[1]]


def _neighbours(layout: Layout) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for path in layout.paths.values():
        for start, end in pairwise(path):
            before[end].append(start)
            after[start].append(end)
    return before, after


def _order(
    layout: Layout, before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]
) -> None:
    best, fewest = [list(layer) for layer in layout.layers], _crossings(layout, after)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        rank = {one: index for layer in layout.layers for index, one in enumerate(layer)}
        forward = sweep % 2 == 0
        near = before if forward else after
        for layer in layout.layers if forward else reversed(layout.layers):
            keys = {
                one: (
                    sum(rank[other] for other in near[one]) / len(near[one])
                    if near.get(one)
                    else rank[one]
                )
                for one in layer
            }
            layer.sort(key=keys.__getitem__)
            rank.update({one: index for index, one in enumerate(layer)})
        crossings = _crossings(layout, after)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layout.layers], crossings
    layout.layers = best


def _crossings(layout: Layout, after: Mapping[str, Sequence[str]]) -> int:
    """Count crossings between neighbouring layers: inversions, with a Fenwick tree."""
    total = 0
    for left, right in pairwise(layout.layers):
        rank = {one: index for index, one in enumerate(right)}
        ends = [
            end
            for one in left
            for end in sorted(rank[other] for other in after.get(one, ()) if other in rank)
        ]
        tree = [0] * (len(right) + 1)
        for count, end in enumerate(ends):
            at, not_above = end + 1, 0
            while at:
                not_above += tree[at]
                at -= at & -at
            total += count - not_above
            at = end + 1
            while at <= len(right):
                tree[at] += 1
                at += at & -at
    return total


def _place(
    layout: Layout,
    before: Mapping[str, Sequence[str]],
    after: Mapping[str, Sequence[str]],
    sizes: Mapping[str, float],
    gap: float,
) -> None:
    offsets: list[list[float]] = []
    for layer in layout.layers:
        at, own = 0.0, []
        for one in layer:
            own.append(at + sizes[one] / 2)
            at += sizes[one] + gap
        offsets.append(own)
        middle = (own[0] + own[-1]) / 2
        layout.center.update({one: offset - middle for one, offset in zip(layer, own, strict=True)})
    for sweep in range(_SWEEPS):
        near = before if sweep % 2 == 0 else after
        order = range(len(layout.layers))
        for number in order if sweep % 2 == 0 else reversed(order):
            layer = layout.layers[number]
            wanted = [
                sum(layout.center[other] for other in near[one]) / len(near[one])
                if near.get(one)
                else layout.center[one]
                for one in layer
            ]
            placed = isotonic(
                [want - offset for want, offset in zip(wanted, offsets[number], strict=True)]
            )
            for one, shift, offset in zip(layer, placed, offsets[number], strict=True):
                layout.center[one] = shift + offset
    lowest = min((layout.center[one] - sizes[one] / 2 for one in layout.center), default=0.0)
    for one in layout.center:
        layout.center[one] -= lowest


def isotonic(values: Sequence[float]) -> list[float]:
    """Return the nearest sequence (least squares) that never falls.

    Example:
        >>> isotonic([1, 3, 2])
        [1.0, 2.5, 2.5]
    """
    pools: list[tuple[float, int]] = []
    for value in values:
        total, count = float(value), 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            other, more = pools.pop()
            total, count = total + other, count + more
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]
