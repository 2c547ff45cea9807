"""Functions that no file defines at its top level: they travel by cloudpickle."""

from __future__ import annotations

import linecache
import sys
import types
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fairlead.errors import PipelineError
from fairlead.scripts import MAIN


def importable(function: Callable[..., Any]) -> bool:
    """Return whether importing a function's module yields it under its name.

    Args:
        function: What ``@step`` decorates.

    Example:
        >>> importable(dump), importable(lambda: None)
        (True, False)
    """
    from fairlead.dsl import StepFunction

    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function or (isinstance(found, StepFunction) and found.function is function)


def dump(functions: Mapping[str, Callable[..., Any]]) -> bytes:
    """Return functions as bytes.

    Args:
        functions: By their keys in the graph.

    Raises:
        PipelineError: One refers to something that cannot leave its process.
    """
    import cloudpickle

    names: dict[str, Any] = {}
    sources: dict[str, list[str]] = {}
    for key, function in functions.items():
        names.update(_annotated_classes(function))
        _collect_sources(function, sources)
        try:
            cloudpickle.dumps(function)
        except Exception as error:
            raise PipelineError(
                f"step {key.partition(':')[2]!r} cannot be sent to a worker: {error}. It is "
                "defined in a cell or inside a function and refers to something that cannot be "
                "pickled: make that inside the step, or define it at the top level of a module."
            ) from error
    # Together, so that functions of one notebook still share their globals.
    return bytes(
        cloudpickle.dumps({"functions": dict(functions), "names": names, "sources": sources})
    )


def load(content: bytes) -> dict[str, Callable[..., Any]]:
    """Return functions from the bytes of ``dump``.

    What of them was defined in ``__main__`` becomes this process's ``__main__``, so that instances
    of classes from cells can be written by the classes' names and read back where they came from.

    Args:
        content: Bytes whose digest has been verified.
    """
    import cloudpickle

    loaded = cloudpickle.loads(content)
    for name, lines in loaded["sources"].items():  # for tracebacks; without a time, never stale
        linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
    functions: dict[str, Callable[..., Any]] = loaded["functions"]
    main = types.ModuleType(MAIN)
    for function in functions.values():
        if function.__module__ == MAIN:
            function.__globals__.update(
                {k: v for k, v in loaded["names"].items() if k not in function.__globals__}
            )
            main.__dict__.update(
                {k: v for k, v in function.__globals__.items() if not k.startswith("__")}
            )
    main.__dict__.update(loaded["names"])
    if not hasattr(sys.modules.get(MAIN), "__stopped_at_run__"):
        sys.modules[MAIN] = main
    return functions


def _collect_sources(function: Callable[..., Any], found: dict[str, list[str]]) -> None:
    """Add the text of cells that define a function, or functions that it calls by their names."""
    code = function.__code__
    if Path(code.co_filename).is_file():
        return
    found[code.co_filename] = linecache.getlines(code.co_filename)
    for name in code.co_names:
        called = getattr(function.__globals__.get(name), "function", function.__globals__.get(name))
        if isinstance(called, types.FunctionType) and called.__code__.co_filename not in found:
            _collect_sources(called, found)


def _annotated_classes(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the classes of ``__main__`` that annotations name, which code alone may not."""
    found: dict[str, Any] = {}

    def visit(hint: Any) -> None:
        for part in typing.get_args(hint):
            visit(part)
        if isinstance(hint, type) and hint.__module__ == MAIN and "." not in hint.__qualname__:
            found[hint.__qualname__] = hint

    with suppress(NameError, TypeError):  # tracing has said what is wrong with annotations
        for hint in typing.get_type_hints(function, include_extras=True).values():
            visit(hint)
    return found
