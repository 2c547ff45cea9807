"""Load pipelines from files, as ``fairlead run FILE[:pipeline]`` does."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from fairlead.dsl import Pipeline
from fairlead.errors import FairleadError, PipelineError
from fairlead.scripts import dotted_name, import_folder, importing
from fairlead.spelling import did_you_mean


def load_pipeline(path: Path | str, name: str | None = None) -> Pipeline[..., Any]:
    """Import a file and return a pipeline that it defines.

    Args:
        path: A Python file; modules beside it, or beside its package, can be imported from it.
        name: The pipeline's name or its function's; may be left out if the file defines one only.

    Raises:
        PipelineError: There is no such file, it cannot be imported, it defines no such pipeline,
            or several and no name is given.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise PipelineError(f"{path} is not a file: give the Python file that defines the pipeline")
    module = _import_file(file)
    found = {
        attribute: value for attribute, value in vars(module).items() if isinstance(value, Pipeline)
    }
    own = {
        attribute: value
        for attribute, value in found.items()
        if value.function.__module__ == module.__name__
    } or found
    if name is not None:
        by_name = {value.name: value for value in found.values()} | found
        if name in by_name:
            return by_name[name]
        hint = did_you_mean(name, by_name) or "."
        raise PipelineError(
            f"{path} defines no pipeline {name!r}{hint} It defines: {', '.join(own) or 'none'}."
        )
    if len(own) == 1:
        return next(iter(own.values()))
    if not own:
        raise PipelineError(f"{path} defines no pipeline: decorate a function with @pipeline")
    raise PipelineError(
        f"{path} defines several pipelines: say which, as {path}:{next(iter(own))}; "
        f"it defines: {', '.join(own)}."
    )


def _import_file(file: Path) -> ModuleType:
    """Import a file under the name that other modules of its project import it by."""
    folder, name = import_folder(file), dotted_name(file)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known
    if known is not None:
        raise PipelineError(
            f"{file.name} would be imported as {name!r}, which is another module "
            f"({getattr(known, '__file__', 'built in')}): rename the file"
        )
    try:
        with importing(file.name):
            return importlib.import_module(name)
    except FairleadError:
        raise
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) else None
        if frames:
            line = frames[-1].lineno
        place = f"{file.name}:{line}" if line else file.name
        raise PipelineError(
            f"{place} cannot be imported: {type(error).__name__}: {error}"
        ) from error
