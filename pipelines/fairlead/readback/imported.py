"""Bring values from outside into a store: ``fairlead artifacts put``.

What is put is recorded as a run of one step, so that it has a version, a lineage and a person like
everything else, and ``Artifact("name")`` finds it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ulid import ULID

from fairlead.errors import ParameterError
from fairlead.graph import Graph, Output, Source, StepDefinition, StepNode, StepOptions
from fairlead.readback.artifact_version import ArtifactVersion
from fairlead.store.history import PUT_TAG
from fairlead.store.layout import RunLayout, manifest_path
from fairlead.store.records import (
    AttemptEnd,
    AttemptReference,
    Claim,
    Outcome,
    RunEnd,
    RunRecord,
    StepSummary,
    now,
)

if TYPE_CHECKING:
    from fairlead.binding import Stack

STEP, OUTPUT = "put", "output"
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def put_artifact(
    stack: Stack, name: str, value: Any, *, tags: Mapping[str, str] | None = None
) -> ArtifactVersion:
    """Store a value under a name.

    Args:
        stack: The bound stack.
        name: Lower-case letters, digits, hyphens and underscores; each call makes a version.
        value: Any value that a step could return: data, or the path of a file or folder.
        tags: For finding it again.

    Raises:
        ParameterError: The name is not possible.
        MaterializerError: Nothing can store the value.
        StoreError: The store cannot be written.
    """
    import os
    import socket

    from fairlead.project import find_project, provenance

    if not _NAME.fullmatch(name):
        raise ParameterError(f"artifact name {name!r} does not match {_NAME.pattern}: rename it")
    started = now()
    stored = stack.artifacts.save(value, pipeline=name, step=STEP, output=OUTPUT)
    run = str(ULID())
    layout = RunLayout(run)
    definition = StepDefinition(
        name=STEP, file=None, module=__name__, qualname=put_artifact.__qualname__,
        outputs=(Output(name=OUTPUT, type=stored.type, materializer=stored.materializer,
                        materializer_version=stored.materializer_version),),
        options=StepOptions(cache=False), source=Source(digest=stored.digest, definitions={}),
    )  # fmt: skip
    record = RunRecord(
        run=run, created=started, stack=stack.name, manifest_digest=stack.digest,
        graph=Graph(pipeline=name, definitions={STEP: definition},
                    nodes=(StepNode(id=STEP, definition=STEP),)),
        tags={**(tags or {}), PUT_TAG: name}, provenance=provenance(find_project(Path.cwd()).root),
    )  # fmt: skip
    host = socket.gethostname()
    end = AttemptEnd(
        outcome=Outcome.SUCCEEDED, outputs={OUTPUT: stored}, started=started, host=host
    )
    summary = StepSummary(state="succeeded", attempts=1, started=started, ended=end.ended)
    objects = stack.objects
    objects.put_new(
        manifest_path(stack.digest),
        json.dumps(stack.manifest.document(), sort_keys=True, indent=1).encode(),
    )
    objects.put_new(layout.record, record.to_bytes())
    claim = Claim(host=host, pid=os.getpid(), started=started)
    objects.put_new(layout.claim(STEP, 1), claim.to_bytes())
    objects.put_new(layout.attempt_end(STEP, 1), end.to_bytes())
    objects.put_new(layout.end, RunEnd(state="succeeded", steps={STEP: summary}).to_bytes())
    made_by = AttemptReference(run=run, step=STEP, attempt=1)
    return ArtifactVersion(run, STEP, OUTPUT, stored, made_by, stack)
