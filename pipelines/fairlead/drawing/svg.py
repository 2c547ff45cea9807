"""Draw a diagram as SVG: no script, no outside reference, readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from fairlead.drawing.diagram import GLYPHS, Box, Diagram, tally
from fairlead.drawing.layers import Layout, arrange

_LINE, _TALL, _GAP, _BETWEEN, _MARGIN = 36.0, 50.0, 16.0, 56.0, 12.0
_CHARACTER, _SMALL, _LONGEST, _NARROWEST = 7.4, 6.2, 30, 84.0

STYLE = """\
.fl{font:500 13px ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif;
--ink:#1b2430;--soft:#5b6675;--line:#a3adba;--box:#fff;--edge:#c8d0da;--good:#1a7f4b;--hit:#0b63b8;
--bad:#c4271b;--busy:#8a5a00}
@media (prefers-color-scheme:dark){.fl{--ink:#e8edf3;--soft:#a2adba;--line:#6b7684;--box:#1b222c;
--edge:#3b4654;--good:#4cc38a;--hit:#6cb6ff;--bad:#ff8a7d;--busy:#e3b341}}
.fl .b rect{fill:var(--box);stroke:var(--edge);stroke-width:1.25}
.fl .b text{fill:var(--ink)}.fl .b .d{fill:var(--soft);font-size:11px;font-weight:400}
.fl .g{fill:var(--soft);font-weight:700}.fl .a{fill:none;stroke:var(--line);stroke-width:1.5}
.fl .h{fill:var(--line)}
.fl .succeeded rect{stroke:var(--good)}.fl .succeeded .g{fill:var(--good)}
.fl .cached rect{stroke:var(--hit)}.fl .cached .g{fill:var(--hit)}
.fl .failed rect{stroke:var(--bad);stroke-width:2}.fl .failed .g{fill:var(--bad)}
.fl .running rect,.fl .retrying rect{stroke:var(--busy)}
.fl .running .g,.fl .retrying .g{fill:var(--busy)}
.fl .skipped rect,.fl .cancelled rect,.fl .pending rect{stroke-dasharray:4 3}
.fl a:focus rect{stroke-width:3}"""


def draw_svg(
    diagram: Diagram,
    *,
    title: str,
    links: Mapping[str, str] | None = None,
    collapse: bool = True,
    noun: str = "steps",
) -> str:
    """Return a diagram as an SVG document, the same for the same diagram.

    Args:
        diagram: What to draw.
        title: Its name, for people who do not see it.
        links: Target by box, for pages that have more to say of each.
        collapse: Whether equal siblings of large diagrams share a box.
        noun: What the boxes are.

    Example:
        >>> draw_svg(Diagram((), ()), title="Nothing")[:4]
        '<svg'
    """
    if collapse:
        diagram = diagram.collapsed()
    tall = _TALL if any(box.detail for box in diagram.boxes) else _LINE
    layout = arrange(diagram, dict.fromkeys((box.id for box in diagram.boxes), tall), _GAP)
    columns = _columns(diagram, layout)
    width = (columns[-1][1] if columns else 0.0) + 2 * _MARGIN
    bottom = max((layout.center[box.id] + tall / 2 for box in diagram.boxes), default=0.0)
    bottom = max([bottom, *(layout.center[bend] for bend in layout.bends)])
    height = bottom + 2 * _MARGIN
    states = [box.state for box in diagram.boxes for _ in range(box.count) if box.state]
    steps = sum(box.count for box in diagram.boxes)
    description = f"{steps} {noun}" + (f": {tally(states)}" if states else "")
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="fl" role="img"',
        f' viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>",
        f"<style>{STYLE}</style>",
        f'<g transform="translate({_MARGIN:.0f} {_MARGIN:.0f})">',
    ]
    parts += [_arrow(path, layout, columns) for path in layout.paths.values()]
    parts += [_box(box, layout, columns, tall, (links or {}).get(box.id)) for box in diagram.boxes]
    return "".join([*parts, "</g></svg>"])


def _label(box: Box) -> str:
    return box.label if len(box.label) <= _LONGEST else f"{box.label[: _LONGEST - 1]}…"


def _columns(diagram: Diagram, layout: Layout) -> list[tuple[float, float]]:
    """Return where each layer begins and ends from left to right."""
    widest = [_NARROWEST] * len(layout.layers)
    for box in diagram.boxes:
        text = max(len(_label(box)) * _CHARACTER, len(box.detail) * _SMALL)
        letters = text + (36 if box.state else 22)
        number = layout.layer[box.id]
        widest[number] = max(widest[number], letters)
    columns, at = [], 0.0
    for width in widest:
        columns.append((at, at + width))
        at += width + _BETWEEN
    return columns


def _arrow(path: list[str], layout: Layout, columns: list[tuple[float, float]]) -> str:
    x, y = columns[layout.layer[path[0]]][1], layout.center[path[0]]
    parts = [f"M{x:.1f} {y:.1f}"]
    for one in path[1:]:
        left, right = columns[layout.layer[one]]
        end = left - (0 if one in layout.bends else 7)
        to = layout.center[one]
        half = (end - x) / 2
        parts.append(f"C{x + half:.1f} {y:.1f} {end - half:.1f} {to:.1f} {end:.1f} {to:.1f}")
        x, y = end, to
        if one in layout.bends:
            parts.append(f"H{right:.1f}")
            x = right
    head = f"M{x:.1f} {y - 4:.1f}l7 4l-7 4z"
    return f'<path class="a" d="{"".join(parts)}"/><path class="h" d="{head}"/>'


def _box(
    box: Box, layout: Layout, columns: list[tuple[float, float]], tall: float, link: str | None
) -> str:
    left, right = columns[layout.layer[box.id]]
    middle = layout.center[box.id]
    text = left + (26 if box.state else 11)
    base = middle - 3 if box.detail else middle + 4.5
    spoken = ", ".join(filter(None, (box.label, box.state, box.detail)))
    parts = [
        f"<title>{escape(spoken)}</title>",
        _rectangle(left, middle - tall / 2, right - left, tall),
    ]
    if box.count > 1:  # a second edge behind the first: a stack of boxes
        parts.insert(1, _rectangle(left + 4, middle - tall / 2 + 4, right - left, tall))
    if box.state:
        glyph = GLYPHS.get(box.state, "·")
        parts.append(f'<text class="g" x="{left + 10:.1f}" y="{base:.1f}">{glyph}</text>')
    parts.append(f'<text x="{text:.1f}" y="{base:.1f}">{escape(_label(box))}</text>')
    if box.detail:
        parts.append(
            f'<text class="d" x="{text:.1f}" y="{middle + 14:.1f}">{escape(box.detail)}</text>'
        )
    drawn = f'<g class="b {escape(box.state)}">{"".join(parts)}</g>'
    return f'<a href="{escape(link)}">{drawn}</a>' if link else drawn


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="8"/>'
