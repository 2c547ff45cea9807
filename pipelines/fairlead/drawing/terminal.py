"""Draw a diagram with box characters, from left to right; as a list where that is too wide."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from fairlead.drawing.diagram import GLYPHS, Box, Diagram
from fairlead.drawing.layers import Layout, arrange

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LINES = {
    _LEFT: "─", _RIGHT: "─", _LEFT | _RIGHT: "─", _UP: "│", _DOWN: "│", _UP | _DOWN: "│",
    _UP | _RIGHT: "╰", _DOWN | _RIGHT: "╭", _UP | _LEFT: "╯", _DOWN | _LEFT: "╮",
    _UP | _DOWN | _RIGHT: "├", _UP | _DOWN | _LEFT: "┤", _LEFT | _RIGHT | _UP: "┴",
    _LEFT | _RIGHT | _DOWN: "┬", 15: "┼",
}  # fmt: skip
_COLORS = {
    "succeeded": "32", "cached": "36", "failed": "1;31", "running": "33", "retrying": "33",
    "skipped": "2", "cancelled": "2", "pending": "2",
}  # fmt: skip


def draw_terminal(diagram: Diagram, *, width: int = 80, color: bool = False) -> str:
    """Return a diagram as lines of text, none wider than the terminal.

    Args:
        diagram: What to draw.
        width: Columns.
        color: Whether to colour boxes by state, with ANSI escapes.

    Example:
        >>> from fairlead.drawing.diagram import Box
        >>> print(draw_terminal(Diagram((Box("a", "a"), Box("b", "b")), (("a", "b"),))))
        a ─▶ b
    """
    diagram = diagram.collapsed(24)
    if not diagram.boxes:
        return ""
    layout = arrange(diagram, dict.fromkeys((box.id for box in diagram.boxes), 1.0), 0.0)
    lines = _Canvas(diagram, layout, color=color).lines(width)
    return "\n".join(lines if lines is not None else _listing(diagram, width, color=color))


def _text(box: Box) -> str:
    parts = [GLYPHS.get(box.state, ""), box.label, box.detail]
    return " ".join(filter(None, parts))


def _colored(text: str, box: Box, *, color: bool) -> str:
    code = _COLORS.get(box.state)
    return f"\033[{code}m{text}\033[0m" if color and code else text


class _Canvas:
    """Cells that lines run through, by (row, column), and boxes' texts."""

    def __init__(self, diagram: Diagram, layout: Layout, *, color: bool) -> None:
        self.boxes = {box.id: box for box in diagram.boxes}
        self.layout = layout
        self.color = color
        self.cells: dict[tuple[int, int], int] = defaultdict(int)
        self.heads: set[tuple[int, int]] = set()
        self.row = _rows(layout)
        self.gaps = self._channels()
        self.starts, self.total = self._columns()

    def _channels(self) -> list[dict[tuple[str, str], int]]:
        """Give every turning arrow a column between its layers, shared by its start or its end."""
        turning: list[list[tuple[str, str]]] = [[] for _ in self.layout.layers]
        for path in self.layout.paths.values():
            for start, end in pairwise(path):
                if self.row[start] != self.row[end]:
                    turning[self.layout.layer[start]].append((start, end))
        gaps = []
        for arrows in turning:
            # Where fewer boxes are reached than left, arrows meet before their end.
            side = 1 if len({end for _, end in arrows}) < len({start for start, _ in arrows}) else 0
            shared = sorted({arrow[side] for arrow in arrows}, key=lambda one: -self.row[one])
            columns = {one: number for number, one in enumerate(shared)}
            gaps.append({arrow: columns[arrow[side]] for arrow in arrows})
        return gaps

    def _breadth(self, layer: int) -> int:
        return max(self.gaps[layer].values(), default=-1) + 1

    def _columns(self) -> tuple[list[int], int]:
        starts, at = [], 0
        for number, layer in enumerate(self.layout.layers):
            starts.append(at)
            widths = [len(_text(self.boxes[one])) for one in layer if one in self.boxes]
            at += max(widths, default=1)
            if number < len(self.layout.layers) - 1:
                at += self._breadth(number) + 4
        return starts, at

    def lines(self, width: int) -> list[str] | None:
        """Return the drawing, or None where it is wider than the terminal."""
        if self.total > width:
            return None
        for path in self.layout.paths.values():
            for start, end in pairwise(path):
                self._connect(start, end)
        rows: list[dict[int, str]] = [{} for _ in range(max(self.row.values()) + 1)]
        for (row, column), mask in self.cells.items():
            rows[row][column] = "▶" if (row, column) in self.heads else _LINES[mask]
        for one, box in self.boxes.items():
            # The text is one entry: its escapes take no columns of their own.
            rows[self.row[one]][self.starts[self.layout.layer[one]]] = _text(box)
        return [self._line(row, cells) for row, cells in enumerate(rows)]

    def _line(self, row: int, cells: dict[int, str]) -> str:
        at_column = {
            self.starts[self.layout.layer[one]]: box
            for one, box in self.boxes.items()
            if self.row[one] == row
        }
        line, at = "", 0
        for column in sorted(cells):
            line += " " * (column - at)
            text = cells[column]
            box = at_column.get(column)
            line += text if box is None else _colored(text, box, color=self.color)
            at = column + len(text)
        return line.rstrip()

    def _connect(self, start: str, end: str) -> None:
        layer, next_layer = self.layout.layer[start], self.layout.layer[end]
        first = self.starts[layer]
        if start in self.boxes:
            first += len(_text(self.boxes[start])) + 1
        last = self.starts[next_layer] - (2 if end in self.boxes else 1)
        top, bottom = self.row[start], self.row[end]
        if top == bottom:
            self._across(top, first, last)
        else:
            turn = self.starts[layer + 1] - self._breadth(layer) - 3 + self.gaps[layer][start, end]
            self._across(top, first, turn, joins_right=False)
            self._down(turn, top, bottom)
            self._across(bottom, turn, last, joins_left=False)
        if end in self.boxes:
            self.heads.add((bottom, last))

    def _across(
        self, row: int, first: int, last: int, *, joins_left: bool = True, joins_right: bool = True
    ) -> None:
        for column in range(first, last + 1):
            self.cells[row, column] |= (_LEFT if column > first or joins_left else 0) | (
                _RIGHT if column < last or joins_right else 0
            )

    def _down(self, column: int, start: int, end: int) -> None:
        top, bottom = min(start, end), max(start, end)
        for row in range(top, bottom + 1):
            self.cells[row, column] |= (_UP if row > top else 0) | (_DOWN if row < bottom else 0)


def _rows(layout: Layout) -> dict[str, int]:
    """Return a row for everything: near its place, different within a layer."""
    rows: dict[str, int] = {}
    for layer in layout.layers:
        below = -1
        for one in layer:
            below = max(below + 1, round(layout.center[one] - 0.5))
            rows[one] = below
    return rows


def _listing(diagram: Diagram, width: int, *, color: bool) -> list[str]:
    above: dict[str, list[str]] = defaultdict(list)
    labels = {box.id: box.label for box in diagram.boxes}
    for start, end in diagram.arrows:
        above[end].append(labels[start])
    widest = min(max(len(_text(box)) for box in diagram.boxes), max(width // 2, 8))
    lines = []
    for box in diagram.boxes:
        text = _text(box)[: max(width, 8)]
        rest = f"  ← {', '.join(above[box.id])}" if above[box.id] else ""
        room = width - max(len(text), widest)
        if len(rest) > room:
            rest = f"{rest[: room - 1]}…" if room > len("  ← a…") else ""
        padding = " " * (widest - len(text)) if rest else ""
        lines.append(_colored(text, box, color=color) + padding + rest)
    return lines
