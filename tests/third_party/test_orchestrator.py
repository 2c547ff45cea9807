"""Somebody else's orchestrator and store run pipelines with the semantics of every stack."""

from __future__ import annotations

import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.testing.orchestrator import OrchestratorSuite


@pytest.mark.slow
class TestSpawnOrchestrator(OrchestratorSuite):
    @pytest.fixture
    def stack(self, shelf_stack: StackManifest) -> StackManifest:
        return shelf_stack
