"""The whole stack in the real engine: made, then unchanged, then destroyed with its data kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead_components.engine.projects import find_project
from fairlead_components.rehearsal.cycle import rehearse

pytestmark = [pytest.mark.engine, pytest.mark.slow]

STACKS = Path(__file__).parents[3] / "stacks"
KEPT = {"artifact-store", "artifact-store-key", "key", "key-vault", "container-registry"}


def test_it_is_made_unchanged_and_its_data_outlives_it(engine: dict[str, str]) -> None:
    result = rehearse(find_project(STACKS), "azure", up=True)
    assert result.ok, result.phases
    assert [phase.name for phase in result.phases][-2:] == ["second up", "destroy"]
    assert set(result.phases[-2].changes) == {"same"}
    assert result.state is not None
    kept = {one.name for one in result.state.resources if one.retainOnDelete and one.protect}
    assert kept >= KEPT
