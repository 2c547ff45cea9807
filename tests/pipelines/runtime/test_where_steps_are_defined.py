"""Steps run in workers wherever people define them: scripts, packages, functions, src layouts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fairlead.testing.plugin import local_manifest

STEPS = """
    from dataclasses import dataclass
    from pydantic import BaseModel
    from fairlead import pipeline, step

    @dataclass
    class Point:
        x: float
        y: float

    class Settings(BaseModel):
        factor: float = 2.0

    class Shape:                       # neither dataclass nor model: stored by pickle
        def __init__(self, points: list[Point]) -> None:
            self.points = points

    @step
    def make(settings: Settings) -> Point:
        return Point(1.0, settings.factor)

    @step
    def wrap(point: Point) -> Shape:
        assert isinstance(point, Point), type(point)
        return Shape([point])

    @step
    def total(shape: Shape) -> float:
        assert isinstance(shape, Shape), type(shape)
        return sum(point.x + point.y for point in shape.points)

    @pipeline
    def training(settings: Settings = Settings()) -> None:
        total(wrap(make(settings)))
"""

READ = """
    run = training.run(settings=Settings(factor=3.0))
    assert run["total"].output.load() == 4.0
    point = run["make"].output.load()
    assert type(point) is Point, type(point)
    assert type(run["wrap"].output.load()) is Shape
    print("states", *(step.state.value for step in run))
"""

GUARDED = 'if __name__ == "__main__":' + READ.replace("\n    ", "\n        ")


class Project:
    """A folder with user code, and a stack that every process in it is bound to."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        (self.root / "pyproject.toml").write_text("[project]\nname = 'p'\nversion = '0'\n")
        manifest = local_manifest(folder / "stack")
        (folder / "manifest.json").write_text(json.dumps(manifest.document()))
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            "FAIRLEAD_MANIFEST": str(folder / "manifest.json"),
            "FAIRLEAD_CACHE_DIR": str(folder / "cache"),
        }

    def write(self, path: str, *parts: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(textwrap.dedent(part) for part in parts))

    def run(self, *command: str, status: int = 0, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=self.root, env=self.environment | environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def fairlead(self, *command: str, status: int = 0) -> str:
        return self.run("-m", "fairlead.cli.main", *command, status=status)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_script_without_a_guard(project: Project) -> None:
    project.write("train.py", STEPS, 'print("imported")\n', READ)
    said = project.run("train.py")
    assert said.splitlines().count("imported") == 1
    assert "states succeeded succeeded succeeded" in said
    assert "states cached cached cached" in project.run("train.py")
    # The command line knows nothing of the project's classes and shows what ran all the same.
    for command in ("list", "show", "open", "diff"):
        runs = (
            ["latest", "latest"] if command == "diff" else [] if command == "list" else ["latest"]
        )
        assert "$model" not in project.fairlead("runs", command, *runs)
    assert '"factor": 3.0' in project.fairlead("runs", "show", "latest")
    assert "3.0" in project.fairlead("runs", "debug", "latest", "wrap", "--no-pdb")


def test_a_script_and_the_command_line_share_results(project: Project) -> None:
    project.write("train.py", STEPS, GUARDED)
    assert "states succeeded" in project.run("train.py")
    parameter = ("-p", 'settings={"factor": 3.0}')
    assert "3 cached" in project.fairlead("run", "train.py", *parameter)
    assert "3 succeeded" in project.fairlead("run", "train.py", "--no-cache", *parameter)
    assert "states cached" in project.run("train.py")
    project.write("again.py", "from train import *\n", READ)
    assert "states cached" in project.run("again.py")


def test_a_file_that_runs_when_it_is_imported_is_refused(project: Project) -> None:
    project.write("train.py", STEPS, READ)
    said = project.fairlead("run", "train.py", status=2)
    assert "train.py runs the pipeline 'training' while it is imported" in said
    assert 'if __name__ == "__main__":' in said
    assert "Traceback" not in said
    project.write("ends.py", "import sys\nsys.exit(3)\n")
    assert "sys.exit(3)" in project.fairlead("run", "ends.py", status=2)


def test_a_step_defined_after_an_unguarded_run_says_so(project: Project) -> None:
    more = """
    @step
    def late() -> int:
        return 1

    @pipeline
    def second() -> None:
        late()

    second.run()
    """
    project.write("train.py", STEPS, READ, more)
    said = project.run("train.py", status=1)
    assert "train.py defines no 'late' before it runs the pipeline 'training'" in said


@pytest.mark.parametrize(
    "reading",
    [
        "import sys\nDEPTH = int(sys.argv[1])\n",
        "import sys\nDEPTH = sys.argv[1] if len(sys.argv) > 1 else 0\n",
        (
            "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('depth')\n"
            "DEPTH = parser.parse_args().depth\n"
        ),
    ],
)
def test_a_script_whose_steps_would_miss_its_arguments_says_so(
    project: Project, reading: str
) -> None:
    project.write("train.py", reading, STEPS, READ)
    said = project.run("train.py", "5", status=1)
    assert "train.py reads its command line while it is imported for a step" in said
    guarded = reading.replace("DEPTH", 'if __name__ == "__main__":\n    DEPTH')
    project.write("train.py", guarded, STEPS, READ)
    assert "states succeeded" in project.run("train.py", "5")


def test_packages_with_relative_imports_in_a_src_layout(project: Project) -> None:
    project.write("src/shop/__init__.py", "")
    project.write("src/shop/models/__init__.py", "")
    project.write("src/shop/models/steps.py", STEPS)
    wired = """
    from .steps import Point, Settings, Shape, make, total, wrap
    from fairlead import pipeline

    @pipeline
    def training(settings: Settings = Settings()) -> None:
        total(wrap(make(settings)))
    """
    project.write("src/shop/models/train.py", wired, GUARDED)
    assert "3 succeeded" in project.fairlead(
        "run", "src/shop/models/train.py", "-p", 'settings={"factor": 3.0}'
    )
    said = project.run("-m", "shop.models.train", PYTHONPATH=str(project.root / "src"))
    assert "states cached cached cached" in said


def test_a_module_run_with_dash_m_and_no_guard(project: Project) -> None:
    project.write("shop/__init__.py", "")
    project.write("shop/helpers.py", "OFFSET = 0\n")
    project.write("shop/train.py", "from .helpers import OFFSET\n", STEPS, READ)
    assert "states succeeded" in project.run("-m", "shop.train")


def test_steps_defined_inside_functions(project: Project) -> None:
    closures = """
    def scaled(factor: float):
        @step
        def scale(point: Point) -> Point:
            return Point(point.x * factor, point.y * factor)
        return scale

    @pipeline
    def training(settings: Settings = Settings()) -> None:
        point = make(settings)
        scaled(2.0).named("twice")(point)
        scaled(10.0).named("tenfold")(point)
    """
    read = """
    def states():
        run = training.run()
        assert run["twice"].output.load().x == 2.0
        assert run["tenfold"].output.load().x == 10.0
        return [step.state.value for step in run]
    """
    # Imported, and as the script itself: there its classes exist twice in a worker.
    project.write("closures.py", STEPS, closures, read)
    project.write("main.py", "from closures import *\nprint(states())\n")
    assert "['succeeded', 'succeeded', 'succeeded']" in project.run("main.py")
    assert "['cached', 'cached', 'cached']" in project.run("main.py")
    project.write("script.py", STEPS, closures, read, "print(states())\n")
    assert "['succeeded', 'succeeded', 'succeeded']" in project.run("script.py")


def test_a_step_that_cannot_travel_is_refused_before_anything_runs(project: Project) -> None:
    locked = """
    import threading
    from fairlead import pipeline, step

    def guarded():
        lock = threading.Lock()
        @step
        def work() -> int:
            with lock:
                return 1
        return work

    @pipeline
    def training() -> None:
        guarded()()
    """
    project.write("train.py", locked)
    said = project.fairlead("run", "train.py", status=2)
    assert "cannot be sent to a worker" in said
    assert "Traceback" not in said


def test_python_from_standard_input(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-"], input=textwrap.dedent(STEPS) + textwrap.dedent(READ),
        cwd=project.root, env=project.environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert "states succeeded succeeded succeeded" in done.stdout, done.stdout + done.stderr
