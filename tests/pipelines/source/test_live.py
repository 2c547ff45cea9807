"""Code that no file holds counts too: notebook cells, closures, what was only ever compiled."""

import linecache
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fairlead.graph import Source
from fairlead.source.fingerprint import fingerprint
from source_project import edit


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
