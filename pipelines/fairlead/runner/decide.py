"""Decide which steps need not run, because an equal attempt's outputs still exist."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.graph import StepNode
from fairlead.store.artifacts import Artifacts
from fairlead.store.cache import lookup
from fairlead.store.cache_key import input_identities, step_key
from fairlead.store.objects import ObjectStore
from fairlead.store.records import ArtifactRecord, Decision, RunRecord


class Decider:
    """Look up cache keys of one run.

    Args:
        objects: The artifact store.
        artifacts: The same store's artifacts, to see that outputs still exist.
        record: The run.
        enabled: Whether cached outputs may be used at all.
    """

    def __init__(
        self, objects: ObjectStore, artifacts: Artifacts, record: RunRecord, *, enabled: bool = True
    ) -> None:
        self.objects = objects
        self.artifacts = artifacts
        self.record = record
        self.enabled = enabled

    def decide(
        self, node: StepNode, upstream: Mapping[str, Mapping[str, ArtifactRecord]]
    ) -> Decision | None:
        """Return the decision to take over cached outputs, or None if the step must run.

        Args:
            node: The step.
            upstream: Outputs of every node that it reads.
        """
        if not self.enabled or not self.record.graph.options(node).cache:
            return None
        identities = input_identities(node, lambda read: upstream[read.node][read.output])
        key = step_key(self.record, node, identities)
        found = lookup(self.objects, self.artifacts, self.record.graph.pipeline, node.id, key)
        if found is None:
            return None
        return Decision(outcome="cached", cached_from=found.made_by, key=key, outputs=found.outputs)
