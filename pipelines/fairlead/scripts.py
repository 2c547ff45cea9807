"""Scripts: the name that a file run as ``__main__`` has everywhere else, and importing it safely.

A script that calls ``training.run()`` is imported again by the workers that execute its steps. They
must find its steps and classes, and must not start the run again.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

from fairlead.errors import FairleadError, PipelineError

MAIN = "__main__"

_importing: ContextVar[str | None] = ContextVar("fairlead_importing", default=None)


class RunReachedError(BaseException):
    """Stop importing a file at its first call of ``run``; user code must not catch it."""


def module_name(name: str) -> str:
    """Return the name under which any process can import a module.

    Args:
        name: A class's or function's ``__module__``.

    Returns:
        The same, but for a script or ``python -m``: what it is called when it is imported. Without
        a file, as in a notebook, ``__main__`` it stays.

    Example:
        >>> module_name("json.decoder")
        'json.decoder'
    """
    if name != MAIN:
        return name
    main = sys.modules.get(MAIN)
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    return dotted_name(Path(file)) if file and Path(file).is_file() else MAIN


def dotted_name(file: Path) -> str:
    """Return the name that a file's module is imported by: its packages' names and its own.

    Example:
        >>> dotted_name(Path("/nowhere/train.py"))
        'train'
    """
    return _split(str(file))[1]


def import_folder(file: Path) -> Path:
    """Return the folder from which a file's module is imported: that of its outermost package."""
    return _split(str(file))[0]


@functools.cache
def _split(file: str) -> tuple[Path, str]:
    path = Path(file).resolve()
    folder, parts = path.parent, [path.stem]
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts)


def find_module(name: str) -> ModuleType:
    """Import a module by the name that ``module_name`` gave, also where it is the running script.

    Raises:
        ImportError: There is none.
        PipelineError: It starts a run, or ends the process, when it is imported.
    """
    if name == module_name(MAIN):
        return sys.modules[MAIN]
    known = sys.modules.get(name)
    if known is not None:
        return known
    with importing(name):
        return importlib.import_module(name)


def stop_at_run(pipeline: str) -> None:
    """Do nothing, unless a file is being imported: then stop at this call of ``run``.

    Args:
        pipeline: The pipeline's name.

    Raises:
        RunReachedError: A file is being imported.
    """
    if _importing.get() is not None:
        raise RunReachedError(pipeline)


def name_main() -> None:
    """Let the running script be found under the name by which others know its classes."""
    sys.modules.setdefault(module_name(MAIN), sys.modules[MAIN])


@contextmanager
def importing(file: str) -> Iterator[None]:
    """Import user code without starting runs, and say what is wrong with a file that cannot be.

    Args:
        file: The file, for errors.

    Raises:
        PipelineError: The file ends the process, or starts a run where it must not.
    """
    token = _importing.set(file)
    guard = 'put what only the script itself shall do below `if __name__ == "__main__":`'
    try:
        yield
    except FairleadError:
        raise
    except RunReachedError as reached:
        raise PipelineError(
            f"{file} runs the pipeline {str(reached)!r} while it is imported: {guard}"
        ) from None
    except SystemExit as ended:
        raise PipelineError(
            f"{file} ends its process (sys.exit({ended.code!r})) while it is imported: {guard}"
        ) from None
    finally:
        _importing.reset(token)


class _NoCommandLine(list[str]):
    """Stand for ``sys.argv`` in a script that a worker imports.

    The worker has not got the arguments, and defaults in their place would be silently wrong.
    """

    def __init__(self, file: str, shown: str) -> None:
        super().__init__([file])
        self._file, self._shown = file, shown

    def _refuse(self) -> None:
        caller = sys._getframe(2).f_code.co_filename  # noqa: SLF001 - libraries may look, and do
        if caller == self._file or caller.endswith("/argparse.py"):
            raise PipelineError(
                f"{self._shown} reads its command line while it is imported for a step: do that "
                'below `if __name__ == "__main__":` and pass the values as parameters of the '
                "pipeline"
            )

    def __getitem__(self, key: Any) -> Any:
        if key != 0:
            self._refuse()
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        self._refuse()
        return super().__iter__()

    def __len__(self) -> int:
        self._refuse()
        return super().__len__()


def import_script(file: Path, shown: str) -> ModuleType:
    """Import a script that another process runs, up to where that one calls ``run``.

    Everything that its steps may use has been defined by then. The module stands for ``__main__``
    too, as classes of a script are pickled as ``__main__.Name``.

    Args:
        file: The script.
        shown: What to call it in errors.

    Returns:
        The module; code below ``if __name__ == "__main__":`` has not run.

    Raises:
        PipelineError: It cannot be imported.
    """
    name = dotted_name(file)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PipelineError(f"{shown} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    before, arguments = sys.modules.get(MAIN), sys.argv
    sys.modules[name] = sys.modules[MAIN] = module
    sys.argv = _NoCommandLine(str(file), shown)
    try:
        with importing(shown):
            try:
                spec.loader.exec_module(module)
            except RunReachedError as reached:
                module.__dict__["__stopped_at_run__"] = str(reached)
    except BaseException:
        del sys.modules[name]
        if before is not None:
            sys.modules[MAIN] = before
        raise
    finally:
        sys.argv = arguments
    return module
