"""The local orchestrator and its step operator pass the suite that every orchestrator passes."""

from __future__ import annotations

import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.testing import distributed_semantics
from fairlead.testing.orchestrator import OrchestratorSuite


class TestLocalOrchestrator(OrchestratorSuite):
    @pytest.fixture
    def stack(self, fairlead_stack: StackManifest) -> StackManifest:
        return fairlead_stack

    @pytest.mark.slow
    def test_dask_aggregates_a_data_frame_on_all_nodes(self, stack: StackManifest) -> None:
        super().test_dask_aggregates_a_data_frame_on_all_nodes(stack)


@pytest.mark.slow
def test_ray_runs_tasks_on_every_node(fairlead_stack: StackManifest) -> None:
    pytest.importorskip("ray", reason="needs fairlead[ray]")
    run = distributed_semantics.scattering.run(manifest=fairlead_stack, numbers=50_000)
    found = run["scatter"].output.load()
    assert 3.1 < found["pi"] < 3.2
    assert len(found["nodes"]) == 2
