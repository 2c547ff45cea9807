"""Steps defined in the cells of a notebook run in workers, by a real Jupyter kernel."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.testing.plugin import local_manifest

jupyter = pytest.importorskip("jupyter_client.manager")


class Notebook:
    """A kernel, and what its cells print and raise."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.manager = jupyter.KernelManager(kernel_name="python3")
        self.manager.kernel_spec.argv[0] = sys.executable
        self.manager.start_kernel(cwd=str(folder), env=environment)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def cell(self, source: str) -> str:
        """Execute a cell; return what it prints."""
        said, error = self.execute(source)
        assert error is None, error
        return said

    def fails(self, source: str) -> str:
        """Execute a cell that raises; return what a person sees."""
        _, error = self.execute(source)
        assert error is not None
        return error

    def execute(self, source: str) -> tuple[str, str | None]:
        said: list[str] = []
        errors: list[str] = []

        def take(message: dict[str, object]) -> None:
            content = message["content"]
            assert isinstance(content, dict)
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] == "error":
                errors.append("\n".join(content["traceback"]))

        self.client.execute_interactive(
            textwrap.dedent(source), timeout=60, output_hook=take, allow_stdin=False
        )
        return "".join(said), errors[0] if errors else None


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    manifest = local_manifest(tmp_path / "stack")
    (tmp_path / "manifest.json").write_text(json.dumps(manifest.document()))
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'n'\nversion = '0'\n")
    (folder / "shared.py").write_text("def triple(x: float) -> float:\n    return 3 * x\n")
    environment = {
        **os.environ,
        "FAIRLEAD_MANIFEST": str(tmp_path / "manifest.json"),
        "FAIRLEAD_CACHE_DIR": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    opened = Notebook(folder, environment)
    yield opened
    opened.close()


DEFINITIONS = """
    import os
    from dataclasses import dataclass
    from typing import Annotated
    from pydantic import BaseModel
    from fairlead import context, log_metrics, pipeline, step
    from shared import triple

    @dataclass
    class Point:
        x: float
        y: float

    class Options(BaseModel):
        factor: float = 2.0

    class Custom:
        def __init__(self, point):
            self.point = point

    OFFSET = 1.0

    def shift(x):
        return x + OFFSET

    @step
    def load(options: Options) -> Annotated[Point, "point"]:
        return Point(shift(triple(options.factor)), os.getpid())
"""

SCORE = """
    @step
    def wrap(point: Point) -> Custom:
        assert isinstance(point, Point), type(point)
        return Custom(point)

    @step
    def score(custom: Custom, weight: float) -> float:
        log_metrics({"score": custom.point.x * weight})
        return custom.point.x * weight
"""

TRAINING = """
    @pipeline
    def training(weight: float = 1.0, options: Options = Options()) -> None:
        score(wrap(load(options)), weight)

    def states(run):
        print(*(f"{step.id}={step.state.value}" for step in run))
"""


def test_a_notebook_from_cell_to_cell(notebook: Notebook) -> None:
    for cell in (DEFINITIONS, SCORE, TRAINING):
        notebook.cell(cell)
    # A cell's step is a function; the run happens in other processes, and comes back as its types.
    assert notebook.cell("print(load(Options()).x)") == "7.0\n"
    assert notebook.cell("run = training.run(); states(run)").strip() == (
        "load=succeeded wrap=succeeded score=succeeded"
    )
    said = notebook.cell("""
        point = run["load"].outputs["point"].load()
        assert type(point) is Point and point.y != os.getpid()
        custom = run["wrap"].output.load()
        assert type(custom) is Custom and type(custom.point) is Point
        print(run["score"].output.load(), run["score"].metrics)
    """)
    assert said == "7.0 {'score': 7.0}\n"
    # The same cells again: nothing runs. One cell with a change: only what it defines, and after.
    notebook.cell(DEFINITIONS)
    assert "run the cell again" in notebook.fails("training.run()")
    notebook.cell(SCORE)
    notebook.cell(TRAINING)
    assert notebook.cell("states(training.run())").strip() == "load=cached wrap=cached score=cached"
    notebook.cell(
        SCORE.replace("return custom.point.x * weight", "return -custom.point.x * weight")
    )
    assert notebook.cell(
        "run = training.run(); states(run); print(run['score'].output.load())"
    ) == ("load=cached wrap=cached score=succeeded\n-7.0\n")
    # A constant that a helper of a step reads, in a cell of its own.
    notebook.cell("OFFSET = 2.0")
    assert notebook.cell(
        "run = training.run(); states(run); print(run['score'].output.load())"
    ) == ("load=succeeded wrap=succeeded score=succeeded\n-8.0\n")
    # A pipeline's parameter.
    assert "load=cached wrap=cached score=succeeded" in notebook.cell(
        "states(training.run(weight=2.0))"
    )


def test_what_a_notebook_shows_of_errors(notebook: Notebook) -> None:
    for cell in (DEFINITIONS, SCORE, TRAINING):
        notebook.cell(cell)
    notebook.cell("""
        @step
        def divide(point: Point) -> float:
            nothing = 0
            return point.x / nothing

        @pipeline
        def dividing() -> None:
            divide(load(Options()))
    """)
    shown = notebook.fails("dividing.run()")
    assert shown.count("ZeroDivisionError") >= 1
    assert "in divide" in shown
    assert "return point.x / nothing" in shown
    assert "fairlead runs show" in shown
    assert "submit.py" not in shown
    assert "dsl.py" not in shown
    assert len(shown.splitlines()) < 15
    for wrong, message in {
        "training.run(wieght=1.0)": "did you mean 'weight'",
        "training.run(weight='much')": "weight",
        "training.run(stack='nowhere')": "nowhere",
    }.items():
        shown = notebook.fails(wrong)
        assert message in shown
        assert "submit.py" not in shown
        assert len(shown.splitlines()) < 10
    # The kernel goes on, and so does the stack.
    assert "score=succeeded" in notebook.cell("states(training.run(weight=5.0))")
