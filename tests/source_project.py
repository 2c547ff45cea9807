"""A project whose functions reach each other in every way that matters, and its edits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def of(root: Path, name: str, file: str = "train.py", files: tuple[str, ...] = ()) -> Source:
    """Fingerprint a function of a file as it is on disk; reading it needs no import."""
    scope: dict[str, Any] = {}
    exec(compile(f"def {name}(): pass", str(root / file), "exec"), scope)
    return fingerprint(scope[name], root, files)


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text()
    assert old in text, f"the case is wrong: {file} has no {old!r}"
    path.write_text(text.replace(old, new, 1))
