"""Collapsing huge graphs: equal siblings share a box, nothing is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.drawing.diagram import Box, Diagram, tally


def fan(width: int, failed: int = -1) -> Diagram:
    middle = [
        Box(f"fit[{i}]", f"fit[{i}]", "failed" if i == failed else "succeeded", "", "train.py:fit")
        for i in range(width)
    ]
    last = [Box(f"score[{i}]", f"score[{i}]", "", "", "train.py:score") for i in range(width)]
    boxes = (Box("load", "load"), *middle, *last, Box("best", "best"))
    arrows = [("load", box.id) for box in middle]
    arrows += [(one.id, two.id) for one, two in zip(middle, last, strict=True)]
    arrows += [(box.id, "best") for box in last]
    return Diagram(boxes, tuple(arrows))


def test_a_wide_fan_out_becomes_a_chain() -> None:
    small = fan(10_000).collapsed()
    assert [(box.label, box.count) for box in small.boxes] == [
        ("load", 1),
        ("fit \N{MULTIPLICATION SIGN}10000", 10_000),
        ("score \N{MULTIPLICATION SIGN}10000", 10_000),
        ("best", 1),
    ]
    assert len(small.arrows) == 3


def test_what_failed_keeps_a_box_of_its_own() -> None:
    labels = {box.label: box.state for box in fan(100, failed=7).collapsed().boxes}
    assert labels["fit \N{MULTIPLICATION SIGN}99"] == "succeeded"
    assert labels["fit[7]"] == "failed"


def test_small_graphs_are_left_as_they_are() -> None:
    assert fan(5).collapsed() == fan(5)


@given(st.integers(0, 40), st.data())
@settings(deadline=None, max_examples=50)
def test_collapsing_loses_no_box_and_makes_no_cycle(count: int, data: st.DataObject) -> None:
    boxes = tuple(
        Box(f"s{i}", f"s{i}", data.draw(st.sampled_from(["", "failed"])), "",
            data.draw(st.sampled_from("ab")))
        for i in range(count)
    )  # fmt: skip
    arrows = tuple(
        (f"s{start}", f"s{end}")
        for end in range(1, count)
        for start in sorted(data.draw(st.sets(st.integers(0, end - 1), max_size=2)))
    )
    small = Diagram(boxes, arrows).collapsed(0)
    assert sum(box.count for box in small.boxes) == count
    places = {box.id: at for at, box in enumerate(small.boxes)}
    depths = Diagram(boxes, arrows).depths()
    assert all(depths[start] < depths[end] for start, end in small.arrows)
    assert {end for pair in small.arrows for end in pair} <= places.keys()


def test_tally_counts_states() -> None:
    assert tally(["failed", "cached", "cached"]) == "2 cached, 1 failed"
    assert tally([]) == ""
