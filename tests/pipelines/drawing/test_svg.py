"""SVG: well-formed, the same every time, nothing from outside, nothing unescaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.drawing.diagram import GLYPHS, Box, Diagram
from fairlead.drawing.gantt import Bar, draw_gantt, tick
from fairlead.drawing.svg import draw_svg

NAME = "{http://www.w3.org/2000/svg}"
EVIL = '</title><script>alert("1")</script>&'


def rectangles(svg: str) -> list[tuple[float, ...]]:
    root = ET.fromstring(svg)
    return [
        tuple(float(one.attrib[key]) for key in ("x", "y", "width", "height"))
        for one in root.iter(f"{NAME}rect")
    ]


def test_every_state_is_told_by_more_than_colour() -> None:
    boxes = tuple(Box(state, state, state, "1 s") for state in GLYPHS)
    svg = draw_svg(Diagram(boxes, ()), title="states")
    for state, glyph in GLYPHS.items():
        assert f'class="b {state}"' in svg
        assert f">{glyph}</text>" in svg
    assert "8 steps: " in svg


def test_names_are_escaped_and_nothing_is_fetched() -> None:
    diagram = Diagram((Box("a", EVIL, "failed", EVIL), Box("b", "b")), (("a", "b"),))
    svg = draw_svg(diagram, title=EVIL, links={"a": 'x"onload="y'})
    svg += draw_gantt([Bar(EVIL, 0, 1, "failed", EVIL)], title=EVIL)
    assert "<script" not in svg
    assert '"onload="' not in svg
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"] * 2


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=20), st.data())
@settings(deadline=None, max_examples=40)
def test_boxes_never_overlap(given_boxes: list[tuple[int, bool]], data: st.DataObject) -> None:
    boxes = tuple(
        Box(f"s{i}", "w" * width, "succeeded" if state else "", "1 s" if state else "")
        for i, (width, state) in enumerate(given_boxes)
    )
    arrows = tuple(
        (f"s{start}", f"s{end}")
        for end in range(1, len(boxes))
        for start in sorted(data.draw(st.sets(st.integers(0, end - 1), max_size=3)))
    )
    diagram = Diagram(boxes, arrows)
    svg = draw_svg(diagram, title="any", collapse=False)
    assert svg == draw_svg(diagram, title="any", collapse=False)
    found = rectangles(svg)
    assert len(found) == len(boxes)
    for number, (x, y, width, height) in enumerate(found):
        for left, top, wide, tall in found[number + 1 :]:
            assert x + width <= left or left + wide <= x or y + height <= top or top + tall <= y


def test_a_gantt_has_a_bar_for_each_attempt_and_a_row_for_each_step() -> None:
    bars = [Bar("load", 10, 12, "failed", "1"), Bar("load", 13, 20, "succeeded", "2"),
            Bar("train", 20, 20, "succeeded", "3")]  # fmt: skip
    first, second, third = rectangles(draw_gantt(bars, title="t"))
    assert first[1] == second[1] < third[1]
    assert first[0] < second[0] < third[0]
    assert third[2] == 2.0
    assert rectangles(draw_gantt([], title="nothing")) == []


@given(st.floats(1e-3, 1e7))
def test_ticks_are_few(span: float) -> None:
    assert 1 <= span / tick(span) <= 120
