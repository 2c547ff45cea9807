"""Drawings in a terminal: never too wide, every step there, lines that join."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.drawing.diagram import Box, Diagram
from fairlead.drawing.terminal import draw_terminal

ESCAPE = re.compile(r"\033\[[0-9;]*m")


def example(state: str = "") -> Diagram:
    names = ("load", "split", "forest", "svm", "evaluate")
    arrows = [("load", "split"), ("split", "forest"), ("split", "svm"), ("forest", "evaluate"),
              ("svm", "evaluate")]  # fmt: skip
    return Diagram(tuple(Box(name, name, state) for name in names), tuple(arrows))


def test_a_diamond() -> None:
    assert draw_terminal(example()).splitlines() == [
        "load ─▶ split ┬─▶ forest ┬─▶ evaluate",
        "              ╰─▶ svm ───╯",
    ]


def test_too_narrow_a_terminal_gets_a_list() -> None:
    lines = draw_terminal(example("cached"), width=24).splitlines()
    assert lines[0] == "≡ load"
    assert lines[3] == "≡ svm       ← split"
    assert len(lines) == 5


def test_colour_changes_nothing_else() -> None:
    colored = draw_terminal(example("failed"), color=True)
    assert "\033[1;31m✗ load\033[0m" in colored
    assert ESCAPE.sub("", colored) == draw_terminal(example("failed"))


@given(st.integers(0, 20), st.integers(12, 120), st.data())
@settings(deadline=None, max_examples=60)
def test_every_step_is_shown_within_the_width(count: int, width: int, data: st.DataObject) -> None:
    boxes = tuple(Box(f"s{i}", f"s{i}_", "succeeded") for i in range(count))
    arrows = tuple(
        (f"s{start}", f"s{end}")
        for end in range(1, count)
        for start in sorted(data.draw(st.sets(st.integers(0, end - 1), max_size=3)))
    )
    drawn = draw_terminal(Diagram(boxes, arrows), width=width)
    assert all(len(line) <= width for line in drawn.splitlines())
    assert all(f"✓ s{i}_" in drawn for i in range(count))
