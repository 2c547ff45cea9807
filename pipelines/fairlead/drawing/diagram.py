"""What is drawn: boxes and arrows, with equal siblings of huge graphs put into one box."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fairlead.graph import Graph

#: Graphs with more nodes than this are collapsed.
LARGE = 60

_ROUNDS = 3

#: Glyph by state, so that no state is told by colour alone.
GLYPHS = {
    "pending": "·",
    "running": "▸",
    "retrying": "↻",
    "succeeded": "✓",
    "cached": "≡",
    "skipped": "○",
    "failed": "✗",
    "cancelled": "■",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        id: Unique; a node's id, that of the first where the box stands for several.
        label: What it says.
        state: A step's state; empty for a graph that has not run.
        detail: A second, smaller line: a time.
        kind: Boxes of one kind may be put into one.
        count: How many nodes it stands for.
    """

    id: str
    label: str
    state: str = ""
    detail: str = ""
    kind: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes, each after those that it has arrows from, and arrows as pairs of ids."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls,
        graph: Graph,
        states: Mapping[str, str] | None = None,
        details: Mapping[str, str] | None = None,
    ) -> Diagram:
        """Return the diagram of a graph.

        Args:
            graph: The graph.
            states: State by node.
            details: Second line by node.

        Example:
            >>> Diagram.of(Graph(pipeline="empty", definitions={}, nodes=())).boxes
            ()
        """
        states, details = states or {}, details or {}
        boxes = tuple(
            Box(
                node.id,
                node.id,
                states.get(node.id, ""),
                details.get(node.id, ""),
                f"{node.definition} {node.id.partition('[')[0] if '[' in node.id else ''}",
            )
            for node in graph.nodes
        )
        arrows = tuple((up, node.id) for node in graph.nodes for up in node.upstream())
        return cls(boxes, arrows)

    def depths(self) -> dict[str, int]:
        """Return the length of the longest path that leads to each box."""
        above: dict[str, list[str]] = defaultdict(list)
        for start, end in self.arrows:
            above[end].append(start)
        depths: dict[str, int] = {}
        for box in self.boxes:
            depths[box.id] = 1 + max((depths[up] for up in above[box.id]), default=-1)
        return depths

    def collapsed(self, limit: int = LARGE) -> Diagram:
        """Return the diagram with equal siblings in one box, if it has more boxes than a limit.

        Boxes are equal if their kind, state and depth are, and those of their neighbours.
        """
        if len(self.boxes) <= limit:
            return self
        color: dict[str, int] = {}
        depths = self.depths()
        seen: dict[object, int] = {}
        for box in self.boxes:
            key: object = (box.kind, box.state, depths[box.id])
            color[box.id] = seen.setdefault(key, len(seen))
        above, below = defaultdict(list), defaultdict(list)
        for start, end in self.arrows:
            above[end].append(start)
            below[start].append(end)
        for _ in range(_ROUNDS):
            seen = {}
            fresh: dict[str, int] = {}
            for box in self.boxes:
                around = (
                    frozenset(color[up] for up in above[box.id]),
                    frozenset(color[down] for down in below[box.id]),
                )
                key = (color[box.id], *around)
                fresh[box.id] = seen.setdefault(key, len(seen))
            color = fresh
        return self._merged(color)

    def _merged(self, color: Mapping[str, int]) -> Diagram:
        groups: dict[int, list[Box]] = defaultdict(list)
        for box in self.boxes:
            groups[color[box.id]].append(box)
        merged = {number: _merge(boxes) for number, boxes in groups.items()}
        arrows = dict.fromkeys(
            (merged[color[start]].id, merged[color[end]].id) for start, end in self.arrows
        )
        return Diagram(tuple(merged.values()), tuple(arrows))


def _merge(boxes: list[Box]) -> Box:
    first = boxes[0]
    if len(boxes) == 1:
        return first
    name = first.kind.strip().rpartition(":")[2] or first.label
    count = sum(box.count for box in boxes)
    return Box(
        first.id,
        f"{name} \N{MULTIPLICATION SIGN}{count}",
        first.state,
        first.detail,
        first.kind,
        count,
    )


def tally(states: Iterable[str]) -> str:
    """Return how many there are of each state, for people.

    Example:
        >>> tally(["succeeded", "failed", "succeeded"])
        '2 succeeded, 1 failed'
    """
    counts = Counter(states)
    order = [*GLYPHS]
    return ", ".join(
        f"{count} {state}"
        for state, count in sorted(
            counts.items(), key=lambda item: (-item[1], order.index(item[0]))
        )
    )
