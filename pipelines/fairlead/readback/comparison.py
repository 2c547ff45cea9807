"""Compare two runs: what was asked, what code ran, what it read, what it made, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from fairlead.readback.runs import Run
    from fairlead.readback.steps import Step

#: Sections, in the order in which they are told.
SECTIONS = ("run", "parameters", "tags", "provenance", "steps", "code", "inputs", "outputs",
            "metrics", "times")  # fmt: skip

#: Times that differ by less than this many seconds and this factor are taken as equal.
_SECONDS, _FACTOR = 0.5, 1.25


@dataclass(frozen=True, slots=True)
class Difference:
    """Say one thing in which two runs differ.

    Attributes:
        section: One of ``SECTIONS``.
        name: What differs: a parameter, ``step``, ``step.output``, ``file:definition``.
        before: In the first run; None where it has none.
        after: In the second run; None where it has none.
    """

    section: str
    name: str
    before: Any
    after: Any

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """Return how it differs."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def compare(first: Run, second: Run) -> list[Difference]:
    """Return everything in which two runs differ; nothing if they are alike.

    Ids and moments differ always and are left out. Times are told where they differ clearly.

    Args:
        first: A run.
        second: Another run, of the same pipeline or another.
    """
    a, b = _facts(first), _facts(second)
    found = []
    for section in SECTIONS:
        for name in dict.fromkeys([*a[section], *b[section]]):
            before, after = a[section].get(name), b[section].get(name)
            if before != after and not (section == "times" and _alike(before, after)):
                found.append(Difference(section, name, before, after))
    return found


def _facts(run: Run) -> dict[str, Mapping[str, Any]]:
    record = run.record
    definitions: dict[str, str] = {}
    for definition in record.graph.definitions.values():
        definitions.update(definition.source.definitions)
    provenance = run.provenance.model_dump(exclude={"command", "host"})
    return {
        "run": {
            "pipeline": run.pipeline, "stack": record.stack, "state": str(run.state),
            "manifest": record.manifest_digest, "image": record.image,
        },
        "parameters": record.parameters,
        "tags": run.tags,
        "provenance": provenance,
        "steps": {step.id: str(step.state) for step in run},
        "code": definitions,
        "inputs": {
            f"{step.id} ← {_relative(version)}": digest
            for step in run
            for version, digest in step.inputs.items()
        }
        | {f"{s.id}({name})": value for s in run for name, value in s.encoded_parameters.items()},
        "outputs": {
            f"{step.id}.{name}": version.digest
            for step in run
            for name, version in step.outputs.items()
        },
        "metrics": {
            f"{step.id}.{name}": value for step in run for name, value in step.metrics.items()
        },
        "times": {step.id: _seconds(step) for step in run if step.seconds is not None},
    }  # fmt: skip


def _relative(version: str) -> str:
    return version.partition("/")[2]


def _seconds(step: Step) -> float | None:
    return None if step.seconds is None else round(step.seconds, 3)


def _alike(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return True  # cached in one of the two: told under steps
    low, high = sorted((before, after))
    return high - low < _SECONDS or high < low * _FACTOR
