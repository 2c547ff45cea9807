"""Draw when each attempt of a run's steps ran, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_ROW, _LABEL, _PLOT, _TOP = 22.0, 190.0, 640.0, 22.0
_LONGEST = 26

STYLE = """\
.fg{font:12px ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif;--ink:#1b2430;
--soft:#5b6675;--grid:#e3e8ee;--good:#1a7f4b;--bad:#c4271b;--busy:#b97d10}
@media (prefers-color-scheme:dark){.fg{--ink:#e8edf3;--soft:#a2adba;--grid:#2b3441;--good:#3aa873;
--bad:#e5675a;--busy:#d39b2a}}
.fg text{fill:var(--ink)}.fg .t{fill:var(--soft)}.fg line{stroke:var(--grid)}
.fg rect{fill:var(--busy)}.fg .succeeded{fill:var(--good)}
.fg .failed,.fg .timed_out,.fg .crashed{fill:var(--bad)}"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt: its row's label, its begin and end in seconds, how it ended, what to say."""

    label: str
    start: float
    end: float
    outcome: str
    told: str


def tick(span: float) -> float:
    """Return a round distance between ticks, for four to ten of them.

    Example:
        >>> tick(1.0), tick(47), tick(3600)
        (0.2, 5.0, 600.0)
    """
    steps = [1, 2, 5, 10]
    power = 1e-6
    while power * 10 * 8 < span and power < 10:  # noqa: PLR2004 - then minutes and hours
        power *= 10
    candidates = [power * step for step in steps]
    candidates += [60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400]
    wanted = next((c for c in sorted(candidates) if span / c < 10), span / 8)  # noqa: PLR2004
    return float(f"{wanted:.6g}")


def draw_gantt(bars: Sequence[Bar], *, title: str) -> str:
    """Return bars over time as SVG; several of one label share a row.

    Args:
        bars: The attempts, in the order of their rows.
        title: Its name, for people who do not see it.

    Example:
        >>> draw_gantt([Bar("load", 0, 2, "succeeded", "load, 2 s")], title="Times")[:4]
        '<svg'
    """
    rows = {label: number for number, label in enumerate(dict.fromkeys(b.label for b in bars))}
    first = min((bar.start for bar in bars), default=0.0)
    span = max(max((bar.end for bar in bars), default=1.0) - first, 1e-3)
    scale = _PLOT / span
    height = _TOP + len(rows) * _ROW + 6
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="fg" role="img" ',
        f'viewBox="0 0 {_LABEL + _PLOT + 60:.0f} {height:.0f}" ',
        f'width="{_LABEL + _PLOT + 60:.0f}" height="{height:.0f}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
    ]
    distance = tick(span)
    for number in range(int(span / distance) + 1):
        x = _LABEL + number * distance * scale
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 4:.0f}" y2="{height:.0f}"/>')
        parts.append(
            f'<text class="t" x="{x:.1f}" y="12" text-anchor="middle">'
            f"{_clock(number * distance)}</text>"
        )
    for label, row in rows.items():
        y = _TOP + row * _ROW + 14
        shown = label if len(label) <= _LONGEST else f"…{label[-_LONGEST + 1 :]}"
        parts.append(
            f'<text x="{_LABEL - 10:.0f}" y="{y:.1f}" text-anchor="end">{escape(shown)}</text>'
        )
    for bar in bars:
        x, y = _LABEL + (bar.start - first) * scale, _TOP + rows[bar.label] * _ROW + 3
        width = max((bar.end - bar.start) * scale, 2.0)
        parts.append(
            f'<rect class="{escape(bar.outcome)}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{_ROW - 7:.0f}" rx="3"><title>{escape(bar.told)}</title></rect>'
        )
    return "".join([*parts, "</svg>"])


def _clock(seconds: float) -> str:
    if seconds < 60 or seconds % 60:  # noqa: PLR2004 - a minute
        return f"{seconds:g} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 or minutes % 60 else f"{minutes // 60} h"  # noqa: PLR2004
