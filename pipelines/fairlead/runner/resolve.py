"""Pin artifacts of other runs, before a run is recorded."""

from __future__ import annotations

from fairlead.binding import Stack
from fairlead.dsl import Artifact
from fairlead.errors import ObjectNotFoundError, RunNotFoundError
from fairlead.graph import ArtifactInput
from fairlead.store.index import Filter
from fairlead.store.layout import RunLayout
from fairlead.tracing import Resolver


def resolver(stack: Stack) -> Resolver:
    """Return what turns ``Artifact(…)`` into a version with its digest, on one stack."""

    def resolve(artifact: Artifact) -> ArtifactInput:
        return resolve_artifact(stack, artifact)

    return resolve


def resolve_artifact(stack: Stack, artifact: Artifact) -> ArtifactInput:
    """Find the version that an artifact's name means now.

    Args:
        stack: The stack in whose store to look.
        artifact: ``<pipeline>/<step>/<output>``, a name given by ``fairlead artifacts put``, or a
            version ``<run>/<step>/<output>``; with ``version`` the run that made it.

    Raises:
        RunNotFoundError: No run of the store made such an artifact.
    """
    parts = artifact.name.split("/")
    if len(parts) >= 3 and len(parts[0]) == 26 and parts[0].isupper():  # noqa: PLR2004 - a ULID
        return _of_run(stack, parts[0], "/".join(parts[1:-1]), parts[-1])
    if len(parts) == 1:
        parts = [artifact.name, "put", "output"]
    if len(parts) < 3:  # noqa: PLR2004 - pipeline, step, output
        raise RunNotFoundError(
            f"artifact {artifact.name!r}: write <pipeline>/<step>/<output>, a name given by "
            "`fairlead artifacts put`, or <run>/<step>/<output>"
        )
    pipeline, step, output = parts[0], "/".join(parts[1:-1]), parts[-1]
    if artifact.version is not None:
        return _of_run(stack, artifact.version, step, output)
    from fairlead.recorded_runs import history

    for run in history(stack, 100, Filter(pipeline=pipeline)):
        if step in run.steps and run[step].state.good and output in run[step].outputs:
            return _of_run(stack, run.id, step, output)
    raise RunNotFoundError(
        f"no run of pipeline {pipeline!r} on stack {stack.name!r} has made "
        f"{step}/{output}: `fairlead artifacts list` shows what there is"
    )


def _of_run(stack: Stack, run: str, step: str, output: str) -> ArtifactInput:
    from fairlead.runtime.inputs import step_outputs

    try:
        record = step_outputs(stack.objects, RunLayout(run), step)[output]
    except (ObjectNotFoundError, KeyError, ValueError):
        raise RunNotFoundError(
            f"artifact {run}/{step}/{output} is not in {stack.objects.url}: "
            "`fairlead artifacts list` shows what there is"
        ) from None
    return ArtifactInput(
        version=f"{run}/{step}/{output}",
        digest=record.digest,
        materializer=record.written_by,
    )
