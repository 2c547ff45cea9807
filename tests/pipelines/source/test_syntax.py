"""A step's fingerprint counts the names that its code loads, however the code is written."""

import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.graph import Source
from source_project import of


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
