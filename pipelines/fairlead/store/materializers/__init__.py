"""Which materializer stores which type; nothing of a type's package is imported to find out.

Types are known by the first part of their module and their name (``pandas.DataFrame`` wherever in
pandas it is defined); those of third parties by the full name that their entry point gives. Along a
class's bases the nearest known type is asked first, or ``json`` where there is none, then ``list``
for lists, tuples and dicts, and ``pickle`` last.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import cast

from fairlead.errors import MaterializerError
from fairlead.registry import load, names
from fairlead.store.materializers.base import Materializer

GROUP = "fairlead.materializers"

_MODULES = {
    "json": "json_value:JsonText",
    "bytes": "raw_bytes:RawBytes",
    "numpy": "numpy_array:NumpyArray",
    "pandas": "pandas_frame:PandasFrame",
    "polars": "polars_frame:PolarsFrame",
    "arrow": "arrow_table:ArrowTable",
    "sklearn": "sklearn_estimator:SklearnEstimator",
    "matplotlib": "matplotlib_figure:MatplotlibFigure",
    "pickle": "pickled:Pickled",
}

_TYPES = {
    "builtins.bytes": "bytes",
    "numpy.ndarray": "numpy",
    "numpy.generic": "numpy",
    "pandas.DataFrame": "pandas",
    "pandas.Series": "pandas",
    "polars.DataFrame": "polars",
    "polars.Series": "polars",
    "pyarrow.Table": "arrow",
    "sklearn.BaseEstimator": "sklearn",
    "matplotlib.Figure": "matplotlib",
    "pathlib.PurePath": "path",
    "pydantic.BaseModel": "json",
    "enum.Enum": "json",
    "datetime.date": "json",
    "datetime.time": "json",
    "datetime.timedelta": "json",
    "decimal.Decimal": "json",
    "uuid.UUID": "json",
}

#: Forms that are made of further objects: their names and versions, beside the materializers'.
COMPOSITES = {"path": 1, "list": 1}


def known_type(kind: type) -> str | None:
    """Return the name of what stores a class because of its own type or the nearest base.

    Args:
        kind: Any class.

    Returns:
        A materializer's or composite's name; None where only the value tells.

    Example:
        >>> import pathlib
        >>> known_type(pathlib.PosixPath), known_type(object)
        ('path', None)
    """
    for base in kind.__mro__[:-1]:
        module, name = base.__module__, base.__qualname__
        if known := _TYPES.get(f"{module.partition('.')[0]}.{name}"):
            return known
        if module != "builtins" and (full := f"{module}.{name}") in _third_party():
            return _class_of(full).name
    return None


@cache
def by_name(name: str) -> Materializer:
    """Return the materializer that records name.

    Raises:
        MaterializerError: Nothing installed has the name.

    Example:
        >>> by_name("json").version
        1
    """
    if target := _MODULES.get(name):
        module, _, attribute = target.partition(":")
        kind = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
        return cast("Materializer", kind())
    for full in _third_party():
        kind = _class_of(full)
        if kind.name == name:
            return kind()
    raise MaterializerError(
        f"no installed package has the materializer {name!r}: install the one that the step which "
        f"made the artifact used (entry point group {GROUP}), or upgrade Fairlead."
    )


def version_of(name: str) -> int:
    """Return the version of a materializer or composite form."""
    return COMPOSITES[name] if name in COMPOSITES else by_name(name).version


def candidates(kind: type) -> Iterator[str]:
    """Yield the names of what may store a value of a class, the nearest first."""
    known = known_type(kind)
    yield known or "json"
    if known == "path":
        return
    if kind in {list, tuple, dict}:
        yield "list"
    yield "pickle"


@cache
def _third_party() -> frozenset[str]:
    return frozenset(names(GROUP))


@cache
def _class_of(full: str) -> type[Materializer]:
    return cast("type[Materializer]", load(GROUP, full))
