"""The local orchestrator: nothing to provision, a limit to promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead_components.base import ComponentError
from fairlead_components.local.local_orchestrator import LocalOrchestrator, LocalOrchestratorArgs


@pytest.mark.parametrize(("asked", "promised"), [(None, {}), (3, {"parallelism": 3})])
def test_it_promises_what_was_asked(
    record: Callable[..., Any], asked: int | None, promised: dict[str, int]
) -> None:
    args = LocalOrchestratorArgs(parallelism=asked)
    contract, recorder = record(lambda: LocalOrchestrator("orchestrator", args).contract)
    assert recorder.made() == {"fairlead-components:index:LocalOrchestrator orchestrator"}
    assert contract == {"flavor": "local", "version": "1.0", "strategy": "runner", **promised}


def test_no_step_at_once_is_refused(record: Callable[..., Any]) -> None:
    with pytest.raises(ComponentError, match="parallelism"):
        record(lambda: LocalOrchestrator("o", LocalOrchestratorArgs(parallelism=0)).contract)
