"""Prove that stacks run a pipeline to the same: equal graphs, artifacts, cache keys and lineage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fairlead.errors import CapabilityError

if TYPE_CHECKING:
    from fairlead.dsl import Pipeline
    from fairlead.readback.runs import Run
    from fairlead.runner.events import Observer
    from fairlead.store.records import ArtifactRecord

#: What is compared, in the order in which it is told.
ASPECTS = ("graph", "states", "artifacts", "cache keys", "lineage")


@dataclass(frozen=True, slots=True)
class Finding:
    """Say how one fact of a pipeline's runs stands on all stacks.

    Attributes:
        aspect: One of ``ASPECTS``.
        name: What it is about: a step, or ``step.output``.
        values: The fact by stack; None where a run has none.
        excluded: Why a difference would prove nothing: what the materializer declares of itself,
            or that the value is the number of a model's version.
    """

    aspect: str
    name: str
    values: Mapping[str, str | None]
    excluded: str = ""

    @property
    def verdict(self) -> Literal["equal", "different", "excluded"]:
        """Return whether all stacks agree; an excluded fact that agrees is equal."""
        if len(set(self.values.values())) == 1 and None not in self.values.values():
            return "equal"
        return "excluded" if self.excluded else "different"


@dataclass(frozen=True, slots=True)
class Verification:
    """Hold everything that was compared.

    Attributes:
        runs: The run's id by stack.
        findings: Every fact, equal ones too.
    """

    runs: Mapping[str, str]
    findings: Sequence[Finding]

    @property
    def equal(self) -> bool:
        """Return whether nothing differs that should not."""
        return all(finding.verdict != "different" for finding in self.findings)

    def of(self, aspect: str, verdict: str | None = None) -> list[Finding]:
        """Return the facts of one aspect, of one verdict where that is given."""
        return [
            finding
            for finding in self.findings
            if finding.aspect == aspect and verdict in (None, finding.verdict)
        ]


def verify(
    pipeline: Pipeline[..., Any],
    stacks: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    observer: Observer | None = None,
) -> Verification:
    """Run a pipeline on several stacks, every step of it, and compare what came of it.

    Args:
        pipeline: The pipeline.
        stacks: Arguments of ``Pipeline.run`` that choose a stack, by the name to tell of it.
        parameters: The pipeline's parameters.
        observer: Told of every change of every run.

    Returns:
        Facts and verdicts; ``equal`` says whether the stacks agree.

    Raises:
        CapabilityError: Fewer than two stacks are named.
        FairleadError: A stack cannot run the pipeline.
    """
    if len(stacks) < 2:  # noqa: PLR2004 - a comparison
        raise CapabilityError("verify compares stacks: name two or more, such as local,kubernetes")
    runs = {
        name: pipeline.run(**chosen, cache=False, observer=observer, **parameters)
        for name, chosen in stacks.items()
    }
    return compare_runs(runs)


def compare_runs(runs: Mapping[str, Run]) -> Verification:
    """Compare runs of one pipeline on several stacks.

    Args:
        runs: The run on each stack.
    """
    facts = {stack: _facts(run) for stack, run in runs.items()}
    excluded: dict[str, str] = {}
    for run in runs.values():
        excluded |= _not_deterministic(run) | _numbered(run)
    excluded |= _inherited(next(iter(runs.values())), excluded)
    findings = []
    for aspect in ASPECTS:
        names = dict.fromkeys(name for found in facts.values() for name in found[aspect])
        for name in names:
            values = {stack: found[aspect].get(name) for stack, found in facts.items()}
            why = excluded.get(name, "") if aspect != "graph" else ""
            findings.append(Finding(aspect, name, values, why))
    return Verification({stack: run.id for stack, run in runs.items()}, findings)


def _facts(run: Run) -> dict[str, dict[str, str | None]]:
    graph = run.record.graph
    nodes = {node.id: _text(node.model_dump(mode="json", by_alias=True)) for node in graph.nodes}
    definitions = {
        f"definition {key}": _text(definition.model_dump(mode="json"))
        for key, definition in graph.definitions.items()
    }
    return {
        "graph": {**nodes, **definitions},
        "states": {step.id: str(step.state) for step in run},
        "artifacts": {
            f"{step.id}.{name}": version.record.identity
            for step in run
            for name, version in step.outputs.items()
        },
        "cache keys": {
            step.id: step.end.cache_key if step.end else None
            for step in run
            if graph.options(step.node).cache
        },
        "lineage": {
            f"{step.id} ← {version.partition('/')[2]}": digest
            for step in run
            for version, digest in step.inputs.items()
        },
    }


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def _not_deterministic(run: Run) -> dict[str, str]:
    """Return outputs whose materializer says that equal values need not give equal bytes."""
    found = {}
    for step in run:
        for name, version in step.outputs.items():
            for materializer in _materializers(run, version.record):
                if not _deterministic(materializer):
                    found[f"{step.id}.{name}"] = f"materializer {materializer}"
    return found


def _deterministic(materializer: str) -> bool:
    from fairlead.store.materializers import COMPOSITES, by_name

    return materializer in COMPOSITES or by_name(materializer).deterministic


def _numbered(run: Run) -> dict[str, str]:
    """Return outputs that are the version of a model which their step registered.

    Each registry counts by itself, and registering again makes the next version.
    """
    return {
        f"{step.id}.{name}": "a model's version, which each registry numbers itself"
        for step in run
        if step.models
        for name, version in step.outputs.items()
        if version.record.type == "str" and version.load() in step.models.values()
    }


def _materializers(run: Run, record: ArtifactRecord) -> Iterator[str]:
    yield record.materializer
    if record.form == "list":
        yield from _named(json.loads(run.stack.objects.get(record.path)))


def _named(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(name := document.get("materializer"), str):
            yield name
        for value in document.values():
            yield from _named(value)
    elif isinstance(document, list):
        for value in document:
            yield from _named(value)


def _inherited(run: Run, excluded: Mapping[str, str]) -> dict[str, str]:
    """Return what follows from an excluded output: digests read, keys over them.

    Outputs of a step that read one are compared all the same: equal values must give equal ones.
    """
    found = {}
    for step in run:
        for version in step.inputs:
            read = "/".join(version.split("/")[1:])
            output = ".".join(read.rsplit("/", 1))
            if output in excluded:
                found[f"{step.id} ← {read}"] = f"reads {output}: {excluded[output]}"
                found[step.id] = found[f"{step.id} ← {read}"]
    return found
