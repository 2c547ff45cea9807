"""Pictures in the documentation show what is."""

from __future__ import annotations

from pathlib import Path

from fairlead.drawing.diagram import Diagram
from fairlead.drawing.svg import draw_svg
from fairlead.loading import load_pipeline

ROOT = Path(__file__).parents[2]
EXAMPLE = "pipelines/examples/digits.py"


def test_the_example_looks_like_its_picture() -> None:
    graph = load_pipeline(str(ROOT / EXAMPLE), None).trace()
    drawn = draw_svg(Diagram.of(graph), title=f"The pipeline {EXAMPLE}") + "\n"
    kept = ROOT / "docs/assets/digits.svg"
    fresh = ROOT / ".fairlead/digits.svg"
    if kept.read_text() != drawn:
        fresh.parent.mkdir(exist_ok=True)
        fresh.write_text(drawn)
    assert kept.read_text() == drawn, f"look at {fresh}, then put it in {kept}"
