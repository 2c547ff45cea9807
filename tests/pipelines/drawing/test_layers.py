"""Layouts: whatever the graph, nothing overlaps and the same graph gives the same layout."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.drawing.diagram import Box, Diagram
from fairlead.drawing.layers import arrange, isotonic

TALL, GAP = 40.0, 16.0


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    count = draw(st.integers(0, 25))
    arrows = [
        (f"s{start}", f"s{end}")
        for end in range(1, count)
        for start in draw(st.sets(st.integers(0, end - 1), max_size=4))
    ]
    kinds = draw(st.lists(st.sampled_from("ab"), min_size=count, max_size=count))
    states = draw(
        st.lists(st.sampled_from(["", "failed", "cached"]), min_size=count, max_size=count)
    )
    labels = draw(st.lists(st.text("abc_/[0]", max_size=20), min_size=count, max_size=count))
    boxes = [Box(f"s{i}", labels[i], states[i], "1 s", kinds[i]) for i in range(count)]
    return Diagram(tuple(boxes), tuple(arrows))


@given(diagrams())
@settings(deadline=None, max_examples=60)
def test_nothing_overlaps_and_arrows_go_forward(diagram: Diagram) -> None:
    sizes = {box.id: TALL for box in diagram.boxes}
    layout = arrange(diagram, sizes, GAP)
    assert sorted(one for layer in layout.layers for one in layer) == sorted(layout.center)
    for layer in layout.layers:
        for above, below in pairwise(layer):
            room = (sizes.get(above, GAP / 2) + sizes.get(below, GAP / 2)) / 2 + GAP
            assert layout.center[below] - layout.center[above] >= room - 1e-6
    for (start, end), path in layout.paths.items():
        assert (path[0], path[-1]) == (start, end)
        assert [layout.layer[one] for one in path] == list(
            range(layout.layer[start], layout.layer[end] + 1)
        )
    assert all(layout.center[box.id] >= TALL / 2 - 1e-6 for box in diagram.boxes)
    assert arrange(diagram, sizes, GAP) == layout


@given(st.lists(st.floats(-100, 100)))
def test_isotonic_never_falls_and_keeps_the_mean(values: list[float]) -> None:
    fitted = isotonic(values)
    assert all(a <= b + 1e-9 for a, b in pairwise(fitted))
    assert abs(sum(fitted) - sum(values)) < 1e-6 * (1 + len(values))


def test_a_thousand_nodes_take_less_than_a_second() -> None:
    count = 1000
    boxes = tuple(Box(f"s{i}", f"s{i}") for i in range(count))
    tree = Diagram(boxes, tuple((f"s{i // 3}", f"s{i}") for i in range(1, count)))
    long = Diagram(
        boxes,
        tuple((f"s{i - 1}", f"s{i}") for i in range(1, count))
        + tuple(("s0", f"s{i}") for i in range(2, count)),
    )
    for diagram in (tree, long):
        started = time.process_time()
        arrange(diagram, dict.fromkeys((box.id for box in boxes), TALL), GAP)
        assert time.process_time() - started < 1


def test_crossings_are_avoided_where_they_can_be() -> None:
    boxes = tuple(Box(name, name) for name in ("a", "b", "c", "d"))
    crossed = Diagram(boxes, (("a", "d"), ("b", "c")))
    layout = arrange(crossed, dict.fromkeys("abcd", TALL), GAP)
    order = {one: at for layer in layout.layers for at, one in enumerate(layer)}
    assert (order["a"] < order["b"]) == (order["d"] < order["c"])
