"""The orchestrator passes, on a real cluster, the suite that every orchestrator passes."""

from __future__ import annotations

from typing import ClassVar

import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.testing.orchestrator import OrchestratorSuite
from kubernetes_stacks import KubernetesStack

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


class TestKubernetesOrchestrator(OrchestratorSuite):
    patience: ClassVar[float] = 120.0

    @pytest.fixture
    def stack(self, kubernetes_stack: KubernetesStack) -> StackManifest:
        return kubernetes_stack.manifest()
