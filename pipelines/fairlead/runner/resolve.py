"""Pin artifacts of other runs, before a run is recorded."""

from __future__ import annotations

from fairlead.binding import Stack
from fairlead.dsl import Artifact
from fairlead.graph import ArtifactInput
from fairlead.readback.lineage import find_version
from fairlead.tracing import Resolver


def resolver(stack: Stack) -> Resolver:
    """Return what turns ``Artifact(…)`` into a version with its digest, on one stack.

    What it returns raises RunNotFoundError where no run of the store made such an artifact.
    """

    def resolve(artifact: Artifact) -> ArtifactInput:
        text = artifact.name
        if artifact.version is not None:
            _, _, made = artifact.name.partition("/")
            text = f"{artifact.version}/{made or 'put/output'}"
        found = find_version(stack, text)
        return ArtifactInput(
            version=found.version, digest=found.digest, materializer=found.record.written_by
        )

    return resolve
