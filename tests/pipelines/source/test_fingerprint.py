"""A step's fingerprint changes with what it reaches, and with nothing else."""

import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import PipelineError
from fairlead.source.fingerprint import fingerprint
from source_project import PROJECT, edit, of

CHANGES = [
    ("uses_helper", "train.py", "return helper(clean(x))", "return helper(clean(x + 1))"),
    ("uses_helper", "train.py", "return x * SCALE + y", "return x * SCALE - y"),
    ("uses_helper", "train.py", "SCALE = 3", "SCALE = 3.0"),
    ("uses_helper", "train.py", "LIMIT = 9", "LIMIT = 10"),
    ("uses_helper", "train.py", "DEFAULT = 1", "DEFAULT = True"),
    ("uses_helper", "train.py", "y=DEFAULT", "y=2"),
    ("uses_helper", "train.py", "@timed(LIMIT)", "@timed(8)"),
    ("uses_helper", "train.py", "@timed(LIMIT)\n", "\n"),
    ("uses_helper", "train.py", "around(function): return function", "around(f): return f(1)"),
    ("uses_helper", "train.py", "x: int) -> int:", "x: float) -> int:"),
    (
        "uses_helper",
        "train.py",
        "from lib import tidy as clean",
        "from lib.text import no as clean",
    ),
    ("uses_helper", "lib/__init__.py", "import tidy", "import no as tidy"),
    ("uses_helper", "lib/text/__init__.py", "return strip(x)", "return strip(x) + 1"),
    ("uses_helper", "lib/text/deep.py", "W = 1", "W = 2"),
    ("uses_helper", "lib/other.py", "return 2", "return 20"),
    ("deep", "lib/text/deep.py", "two() + W", "two() - W"),
    ("outside", "lib/__init__.py", "import math", "import cmath as math"),
    ("uses_cls", "train.py", "return 'class'", "return 'none'"),
    ("deep", "lib/other.py", "return 2", "return 20"),
    ("annotated", "train.py", "depth: int = 5", "depth: int = 6"),
    ("annotated", "train.py", "self.depth + 1", "self.depth + 2"),
    ("annotated", "lib/types.py", "a: int", "a: float"),
    ("instance", "train.py", "scaler = Child()", "scaler = Child(1)"),
    ("instance", "train.py", "self.transform()", "self.transform(1)"),
    ("instance", "train.py", "class Child(Base)", "class Child(Options)"),
    ("instance", "lib/models.py", "return 1", "return 2"),
    ("instance", "train.py", "SCALE = 3", "SCALE = 4"),
    ("meta", "train.py", "class Meta(type): pass", "class Meta(type): x = 1"),
    ("conditional", "train.py", '"other"', '"else"'),
    ("conditional", "train.py", 'os.name == "posix"', 'os.name == "nt"'),
    ("conditional", "lib/fast.py", "speed = 10", "speed = 11"),
    ("conditional", "train.py", "speed = 1\n", "speed = 2\n"),
    ("looks_up", "train.py", "def registered(): return 1", "def registered(): return 2"),
    ("local_import", "lib/text/deep.py", "W = 1", "W = 2"),
    ("local_import", "lib/other.py", "return 2", "return 20"),
    ("numeric", "train.py", "seed(0)", "seed(1)"),
    ("numeric", "train.py", "import json as codec", "import yaml as codec"),
    ("module_value", "lib/models.py", "class Far: 1", "class Far: 2"),
    ("dynamic", "train.py", "UNUSED = 4", "UNUSED = 5"),
    ("by_name", "lib/other.py", "return 3", "return 30"),
    ("recursive", "train.py", "def mutual(n): return recursive(n)", "def mutual(n): return 1"),
    ("nested", "train.py", "SCALE = 3", "SCALE = 4"),
    ("shadows", "train.py", "SCALE = 2", "SCALE = 22"),
]
KEEPS = [
    ("uses_helper", "train.py", "UNUSED = 4", "UNUSED = 5"),
    ("uses_helper", "train.py", '"""Help."""', '"""Help them."""'),
    ("uses_helper", "train.py", '    """Say what it does."""\n', ""),
    ("uses_helper", "train.py", "# a comment", "# another"),
    ("uses_helper", "train.py", '"""The pipeline."""', '"""\n\nA pipeline.\n"""'),
    ("uses_helper", "train.py", "return x * SCALE + y", "return (x*SCALE\n        + y)"),
    ("uses_helper", "train.py", "@step(retries=SCALE)", '@step(retries=5, operator="gpu")'),
    ("uses_helper", "train.py", "print(uses_helper(1))", "print(uses_helper(2))"),
    ("uses_helper", "train.py", "def mutual(n): return recursive(n)", "def mutual(n): return 1"),
    ("uses_helper", "train.py", "depth: int = 5", "depth: int = 6"),
    ("uses_helper", "train.py", "import importlib\n", "import importlib\nimport sys\n\n\n"),
    ("uses_helper", "lib/text/deep.py", "def no(): 1", "def no(): 2"),
    ("uses_helper", "lib/other.py", "return 3", "return 30"),
    ("uses_helper", "lib/__init__.py", "OTHER = 1", "OTHER = 2"),
    ("uses_helper", "lib/models.py", "return 1", "return 2"),
    ("annotated", "train.py", '"""Options."""', '"""Choices."""'),
    ("annotated", "train.py", "data = 5", "data = 6"),
    ("annotated", "lib/types.py", "b: int", "b: float"),
    ("annotated", "train.py", "import Row, Other", "import Row"),
    ("instance", "lib/models.py", "class Far: 1", "class Far: 2"),
    ("numeric", "train.py", "SCALE = 3", "SCALE = 4"),
    ("looks_up", "train.py", "# a comment", "# another"),
    ("dynamic", "train.py", '"""Help."""', '"""Help them."""'),
    *(
        ("shadows", "train.py", line, line + "0")
        for line in ("data = 5", "UNUSED = 4", "SCALE = 3", "LIMIT = 9", "DEFAULT = 1")
    ),
    ("shadows", "train.py", '{"a": 1}', '{"a": 2}'),
    ("shadows", "train.py", "around(function): return function", "around(f): return f(1)"),
    ("shadows", "train.py", "return x * SCALE + y", "return x * SCALE - y"),
    ("shadows", "train.py", '"other"', '"else"'),
]


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: f"{case[0]}: {case[3]}"[:60])
def test_an_edit_that_the_step_reaches_changes_it(
    project: Path, case: tuple[str, str, str, str]
) -> None:
    step, *change = case
    before = of(project, step)
    edit(project, *change)
    after = of(project, step)
    assert after.digest != before.digest, before.definitions
    assert after.definitions != before.definitions


@pytest.mark.parametrize("case", KEEPS, ids=lambda case: f"{case[0]}: {case[3]}"[:60])
def test_an_edit_that_the_step_does_not_reach_keeps_it(
    project: Path, case: tuple[str, str, str, str]
) -> None:
    step, *change = case
    before = of(project, step)
    edit(project, *change)
    assert of(project, step).definitions == before.definitions
    assert of(project, step) == before


def test_definitions_say_what_was_reached(project: Path) -> None:
    assert {*of(project, "uses_helper").definitions} == {
        "train.py:uses_helper", "train.py:helper", "train.py:SCALE", "train.py:DEFAULT",
        "train.py:LIMIT", "train.py:timed", "lib/text/__init__.py:tidy", "lib/text/deep.py:strip",
        "lib/text/deep.py:W", "lib/other.py:two",
    }  # fmt: skip
    assert {*of(project, "annotated").definitions} == {
        "train.py:annotated", "train.py:Options", "train.py:Options.grow", "lib/types.py:Row"
    }  # fmt: skip
    assert {*of(project, "module_value").definitions} == {"train.py:module_value", "lib/models.py"}
    assert "train.py" in of(project, "dynamic").definitions
    assert "train.py" not in of(project, "nested").definitions


def test_star_imports_count_as_whole_files(project: Path) -> None:
    before = of(project, "starring", "star.py")
    assert {"star.py", "starred.py"} <= {*before.definitions}
    edit(project, "starred.py", "return 1", "return 2")
    assert of(project, "starring", "star.py").digest != before.digest


def test_a_package_that_imports_its_modules_lazily_counts_as_a_whole(project: Path) -> None:
    (project / "lib/__init__.py").write_text(
        "import importlib\nLAZY = {'tidy': '.text', 'models': '.models'}\n"
        "def __getattr__(name):\n"
        "    return getattr(importlib.import_module(LAZY[name], __name__), name)\n"
    )
    before = of(project, "uses_helper")
    assert "lib/text/deep.py" in before.definitions
    edit(project, "lib/other.py", "return 2", "return 20")
    assert of(project, "uses_helper").digest != before.digest


def test_two_checkouts_have_equal_fingerprints(project: Path, tmp_path: Path) -> None:
    before = {name: of(project, name) for name in ("uses_helper", "instance", "dynamic")}
    elsewhere = tmp_path / "elsewhere" / "checkout"
    for name in PROJECT:
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_bytes((project / name).read_bytes())
    assert {name: of(elsewhere, name) for name in before} == before


def test_environments_and_installed_packages_are_no_project(project: Path) -> None:
    for folder in ("env", "lib2/site-packages"):
        (project / folder).mkdir(parents=True)
        (project / folder / "numpy.py").write_text("def mean(x): return 1\n")
    (project / "env" / "pyvenv.cfg").touch()
    sys.path[:0] = [str(project / "env"), str(project / "lib2/site-packages")]
    try:
        assert {*of(project, "numeric").definitions} == {"train.py:numeric", "train.py:np"}
    finally:
        del sys.path[:2]


def test_data_files_count_by_content(project: Path) -> None:
    (project / "data/more").mkdir(parents=True)
    (project / "data/a.csv").write_text("1")
    (project / "data/more/b.csv").write_text("1")
    every = of(project, "meta", files=("data",))
    assert {"data/a.csv", "data/more/b.csv"} <= {*every.definitions}
    one = of(project, "meta", files=("data/*.csv",))
    (project / "data/more/b.csv").write_text("2")
    assert of(project, "meta", files=("data",)).digest != every.digest
    assert of(project, "meta", files=("data/*.csv",)) == one
    (project / "data/a.csv").write_text("2")
    assert of(project, "meta", files=("data/*.csv",)).digest != one.digest
    for wrong in ("absent.csv", "*.nothing", "/etc/hostname", "../outside"):
        with pytest.raises(PipelineError, match="files="):
            of(project, "meta", files=(wrong,))


def test_a_file_that_is_no_python_counts_as_a_whole(project: Path) -> None:
    (project / "lib/other.py").write_text("def two(: pass")
    before = of(project, "uses_helper")
    assert "lib/other.py" in before.definitions
    (project / "lib/other.py").write_text("def two(: pass ")
    assert of(project, "uses_helper").digest != before.digest


def test_the_program_itself_has_a_fingerprint_like_the_module(project: Path) -> None:
    program = (
        "import sys; sys.argv=['train.py']\n"
        "from pathlib import Path; from fairlead.source.fingerprint import fingerprint\n"
        "def f(): pass\n"
        f"scope = {{'__name__': '__main__'}}\n"
        f"exec(compile('def uses_helper(): pass', r'{project}/train.py', 'exec'), scope)\n"
        f"print(fingerprint(scope['uses_helper'], Path(r'{project}')).digest)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == of(project, "uses_helper").digest


def test_a_thousand_steps_of_one_file_cost_little(tmp_path: Path) -> None:
    steps = "\n".join(
        f"def helper_{n}(x): return [x * SCALE for x in range(x)]\n"
        f"def step_{n}(x: int) -> int:\n    for k in helper_{n}(x):\n        x += k\n    return x\n"
        for n in range(1000)
    )
    (tmp_path / "many.py").write_text(f"SCALE = 2\n{steps}")
    functions: list[types.FunctionType] = []
    for n in range(1000):
        scope: dict[str, Any] = {}
        exec(compile(f"def step_{n}(): pass", str(tmp_path / "many.py"), "exec"), scope)
        functions.append(scope[f"step_{n}"])
    started = time.process_time()
    digests = {fingerprint(function, tmp_path).digest for function in functions}
    assert len(digests) == 1000
    assert time.process_time() - started < 3, "about 0.5 s where this was written"
