"""Keep libraries that steps import from sending telemetry, unless a person has chosen otherwise."""

from __future__ import annotations

import os

_SWITCHES = {
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def switch_off() -> None:
    """Set what the field's libraries read when they are imported; what is set already stays."""
    for name, value in _SWITCHES.items():
        os.environ.setdefault(name, value)
