"""The local orchestrator and its step operator pass the suite that every orchestrator passes."""

from __future__ import annotations

import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.testing.orchestrator import OrchestratorSuite


class TestLocalOrchestrator(OrchestratorSuite):
    @pytest.fixture
    def stack(self, fairlead_stack: StackManifest) -> StackManifest:
        return fairlead_stack
