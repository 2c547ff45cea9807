"""A step's fingerprint changes with what it reaches, and with nothing else."""

import linecache
import subprocess
import sys
import textwrap
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.errors import PipelineError
from fairlead.graph import Source
from fairlead.source.fingerprint import fingerprint

PROJECT = {
    "pyproject.toml": "",
    "train.py": '''
        """The pipeline."""
        from __future__ import annotations
        import importlib
        import json as codec
        import os
        import typing as t
        from dataclasses import dataclass, field
        from fairlead import step
        import numpy as np
        import lib.text.deep
        from lib import tidy as clean, models
        from lib.models import Base
        if t.TYPE_CHECKING:
            from lib.types import Row, Other
        try:
            from lib.fast import speed
        except ImportError:
            speed = 1

        SCALE = 3
        UNUSED = 4
        data = 5
        TABLE = {"a": 1}
        REGISTRY = {}
        PLAIN = {}
        np.random.seed(0)

        def register(function):
            REGISTRY[function.__name__] = function
            return function

        @register
        def registered(): return 1

        if os.name == "posix":
            def path(): return "posix"
        else:
            def path(): return "other"

        def timed(limit):
            def around(function): return function
            return around

        LIMIT = 9
        DEFAULT = 1
        @timed(LIMIT)
        def helper(x, y=DEFAULT):
            """Help."""
            # a comment
            return x * SCALE + y

        @dataclass
        class Options:
            """Options."""
            depth: int = 5
            names: list[str] = field(default_factory=list)
            def grow(self): return self.depth + 1

        class Child(Base):
            rate = SCALE
            doubled = rate * 2
            def fit(self): return self.transform()

        class Meta(type): pass
        class WithMeta(metaclass=Meta): pass

        scaler = Child()

        @step(retries=SCALE)
        def uses_helper(x: int) -> int:
            """Say what it does."""
            return helper(clean(x))

        @step
        def deep(x): return lib.text.deep.strip(x)
        @step
        def shadows(data, UNUSED=1):
            SCALE = 2
            rows = [TABLE for TABLE in range(3)]
            def inner(LIMIT): return LIMIT + SCALE
            with open(data) as DEFAULT: pass
            try: pass
            except ValueError as timed: pass
            return inner(1), {path: helper for path, helper in []}
        @step
        def annotated(options: Options, row: "Row") -> t.Annotated[int, "data"]: return 1
        @step
        def instance(x): return scaler.fit()
        @step
        def outside(x): return lib.math.sqrt(x)
        class Holder:
            @staticmethod
            def give(): return 'class'
        @step
        def uses_cls(x): return [Holder.give() for Holder in [Holder] for _ in x]
        @step
        def meta(x): return WithMeta()
        @step
        def conditional(x): return path(), speed
        @step
        def looks_up(x): return REGISTRY[x]()
        @step
        def local_import(x):
            from lib.text.deep import strip as cut
            import lib.other as o
            return cut(x), o.two()
        @step
        def numeric(x): return np.mean(x) + codec.loads("1")
        @step
        def module_value(x): return getattr(models, x)
        @step
        def dynamic(x): return importlib.import_module(x)
        @step
        def by_name(x): return importlib.import_module("lib.other").two()
        @step
        def recursive(n): return recursive(n - 1) if n else mutual(n)
        def mutual(n): return recursive(n)
        @step
        def nested(x):
            def inner(y): return [SCALE * z for z in range(y)]
            return (lambda w: inner(w))(x)

        if __name__ == "__main__":
            print(uses_helper(1))
    ''',
    "lib/__init__.py": "from .text import tidy\nfrom . import models\nimport math\nOTHER = 1\n",
    "lib/text/__init__.py": "from .deep import strip\ndef tidy(x): return strip(x)\ndef no(): 1\n",
    "lib/text/deep.py": "from ..other import two\nW = 1\n"
    "def strip(x): return two() + W\ndef no(): 1\n",
    "lib/other.py": "def two(): return 2\ndef three(): return 3\n",
    "lib/models.py": "class Base:\n"
    "    def transform(self): return 1\n    def no(self): 1\nclass Far: 1\n",
    "lib/types.py": "class Row: a: int\nclass Other: b: int\n",
    "lib/fast.py": "speed = 10\nslow = 1\n",
    "star.py": """
        from fairlead import step
        from starred import *
        @step
        def starring(x): return from_star(x)
    """,
    "starred.py": "def from_star(x): return hidden(x)\ndef hidden(x): return 1\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    return tmp_path


def of(root: Path, name: str, file: str = "train.py", files: tuple[str, ...] = ()) -> Source:
    """Fingerprint a function of a file as it is on disk; reading it needs no import."""
    scope: dict[str, Any] = {}
    exec(compile(f"def {name}(): pass", str(root / file), "exec"), scope)
    return fingerprint(scope[name], root, files)


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


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text()
    assert old in text, f"the case is wrong: {file} has no {old!r}"
    path.write_text(text.replace(old, new, 1))


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


def test_expressions_are_read_as_deep_as_python_compiles_them(tmp_path: Path) -> None:
    terms = " + ".join(["K"] * 900)
    path = tmp_path / "deep.py"
    path.write_text(f"K = 1\nX = {terms}\ndef f(): return X\n")
    before = of(tmp_path, "f", "deep.py")
    assert {*before.definitions} == {"deep.py:f", "deep.py:X", "deep.py:K"}
    path.write_text(f"K = 2\nX = {terms}\ndef f(): return X\n")
    assert of(tmp_path, "f", "deep.py").digest != before.digest


def test_every_way_to_bind_a_name_hides_the_global(tmp_path: Path) -> None:
    body = """
    def f(pos, /, *args, kw=1, **kwargs):
        import local, other.inner as alias
        for loop in args: pass
        with pos as managed, pos as (first, second): pass
        try: pass
        except ValueError as caught: pass
        if (walrus := 1) or [0 for c in args if (leaked := c)]: pass
        match pos:
            case {"k": captured, **rest} | [captured, *rest]: pass
            case str() as named: pass
        def function(): nonlocal walrus
        class Class: pass
        del deleted
        assigned: int = 1
        augmented += 1
        starred, *more = args
        return [
            pos, args, kw, kwargs, local, alias, loop, managed, first, second, walrus, leaked,
            captured, rest, named, function, Class, deleted, assigned, augmented, starred, more,
        ]
    """
    code = textwrap.dedent(body)
    scope: dict[str, Any] = {}
    exec(compile(code, "f.py", "exec"), scope)
    names = scope["f"].__code__.co_varnames + scope["f"].__code__.co_cellvars
    assert len({*names}) >= 20
    constants = "\n".join(f"{name} = 1" for name in {*names})
    (tmp_path / "f.py").write_text(f"{constants}\ncaught = c = 1\n{code}")
    assert {*of(tmp_path, "f", "f.py").definitions} == {"f.py:f"}


NAMES = ("SCALE", "UNUSED", "LIMIT", "DEFAULT", "W", "helper", "two", "three", "no", "mutual")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(NAMES), unique=True, max_size=4), st.integers(0, 3))
def test_random_programs_depend_on_exactly_what_they_load(
    tmp_path_factory: pytest.TempPathFactory, loads: list[str], layers: int
) -> None:
    root = tmp_path_factory.mktemp("program")
    uses = ", ".join(loads) or "0"
    chain = [f"def f{n}(x): return f{n + 1}(x)" for n in range(layers)]
    body = "\n".join([*chain, f"def f{layers}(x): return x, {uses}"])

    def write(values: dict[str, int]) -> Source:
        constants = "\n".join(f"{name} = {value}" for name, value in values.items())
        (root / "p.py").write_text(f"{constants}\n{body}\n")
        return of(root, "f0", "p.py")

    values = dict.fromkeys(NAMES, 1)
    before = write(values)
    for name in NAMES:
        assert (write(values | {name: 22}).digest == before.digest) == (name not in loads)


def cell(source: str, scope: dict[str, Any], number: int = 1) -> None:
    """Run a notebook cell as IPython does: its text is in linecache, its file nowhere."""
    name = f"/tmp/ipykernel_0/{number}{id(scope)}.py"
    text = textwrap.dedent(source)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), scope)


def test_notebook_cells_follow_living_globals(project: Path, monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(str(project))
    for name in [name for name in sys.modules if name.partition(".")[0] == "lib"]:
        monkeypatch.delitem(sys.modules, name)
    scope: dict[str, Any] = {"__name__": "__main__"}
    cell(
        "import lib.other as other\nfrom lib.text import tidy\nK = 1\ndef h(x): return x + K", scope
    )
    train = "def train(x):\n    'doc'\n    return h(x), other.two(), tidy(x)\n"
    cell(train, scope, 2)
    before = fingerprint(scope["train"], project)
    assert "lib/other.py:two" in before.definitions
    assert "lib/text/deep.py:W" in before.definitions

    numbers = iter(range(3, 100))

    def after(source: str) -> Source:
        cell(source, scope, next(numbers))
        cell(train, scope, next(numbers))
        return fingerprint(scope["train"], project)

    assert after("unrelated = 2").digest == before.digest
    assert after("def h(x):\n    # note\n    return x + K").digest == before.digest
    assert after("K = 2").digest != before.digest
    assert after("K = 1").digest == before.digest
    assert after("def h(x): return x - K").digest != before.digest
    assert after("def h(x): return x + K").digest == before.digest
    edit(project, "lib/other.py", "return 2", "return 20")
    assert fingerprint(scope["train"], project).digest != before.digest


def test_code_without_any_source_counts_by_its_bytecode(project: Path) -> None:
    def made(constant: int, text: str) -> Source:
        scope: dict[str, Any] = {"__name__": "__main__", "K": constant}
        exec(compile(f"\n\ndef f(x): return {text}", "<nowhere>", "exec"), scope)
        return fingerprint(scope["f"], project)

    assert made(1, "x + K") == made(1, "x  +  K")
    assert made(1, "x + K").digest != made(2, "x + K").digest
    assert made(1, "x + K").digest != made(1, "x - K").digest


def factory(depth: Any) -> Callable[[], Any]:
    def made() -> Any:
        return depth

    return made


def test_what_a_closure_holds_counts() -> None:
    root = Path(__file__).parent
    one, two = (fingerprint(factory(value), root) for value in (1, 2))
    assert one.digest != two.digest
    assert fingerprint(factory(1), root) == one
    assert (
        fingerprint(factory(one_more), root).digest != fingerprint(factory(two_more), root).digest
    )
    unknown = [fingerprint(factory(threading.Lock()), root) for _ in range(2)]
    assert unknown[0].digest != unknown[1].digest, "what cannot be compared must not be equal"


def one_more() -> int:
    return 1


def two_more() -> int:
    return 2


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
