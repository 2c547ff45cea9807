"""Fairlead: portable ML pipelines, bound at run time to whatever infrastructure a team owns."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.dsl import Artifact as Artifact
    from fairlead.dsl import pipeline as pipeline
    from fairlead.dsl import step as step
    from fairlead.errors import FairleadError as FairleadError
    from fairlead.graph import Distributed as Distributed
    from fairlead.graph import Resources as Resources
    from fairlead.graph import Retries as Retries
    from fairlead.readback.runs import Run as Run
    from fairlead.readback.runs import run as run
    from fairlead.readback.runs import runs as runs
    from fairlead.runtime.context import context as context
    from fairlead.runtime.context import log_figure as log_figure
    from fairlead.runtime.context import log_metrics as log_metrics
    from fairlead.runtime.context import register_model as register_model

__version__ = "0.1.0"

_EXPORTS = {
    "Artifact": "fairlead.dsl",
    "Distributed": "fairlead.graph",
    "FairleadError": "fairlead.errors",
    "Resources": "fairlead.graph",
    "Retries": "fairlead.graph",
    "Run": "fairlead.readback.runs",
    "context": "fairlead.runtime.context",
    "log_figure": "fairlead.runtime.context",
    "log_metrics": "fairlead.runtime.context",
    "pipeline": "fairlead.dsl",
    "register_model": "fairlead.runtime.context",
    "run": "fairlead.readback.runs",
    "runs": "fairlead.readback.runs",
    "step": "fairlead.dsl",
}

__all__ = [
    "Artifact",
    "Distributed",
    "FairleadError",
    "Resources",
    "Retries",
    "Run",
    "__version__",
    "context",
    "log_figure",
    "log_metrics",
    "pipeline",
    "register_model",
    "run",
    "runs",
    "step",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import fairlead`` stays light."""
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f"module 'fairlead' has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
