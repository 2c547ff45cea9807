"""Lineage both ways: what an artifact was made from, and which steps read it.

Versions are joined by the attempt that made the content: what a cached step hands on is the
version of the run that ran the step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from fairlead.errors import RunNotFoundError
from fairlead.readback.artifact_version import ArtifactVersion, split_version
from fairlead.store.history import History
from fairlead.store.index import ENDED, Filter

if TYPE_CHECKING:
    from fairlead.binding import Stack
    from fairlead.readback.runs import Run
    from fairlead.readback.steps import Step

#: Runs that are looked through for uses, newest first.
_SEARCHED = 100_000


@dataclass(frozen=True, slots=True)
class Made:
    """Say what an artifact was made from.

    Attributes:
        version: The version as it was made.
        pipeline: The pipeline that made it.
        parameters: Inputs of its step that are values.
        inputs: What else its step read; empty for what came from outside.
        missing: Versions that its step read and that the store no longer knows.
    """

    version: ArtifactVersion
    pipeline: str
    parameters: dict[str, Any]
    inputs: tuple[Made, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Say which step of which run read an artifact."""

    run: str
    step: str
    pipeline: str


def find_version(stack: Stack, text: str) -> ArtifactVersion:
    """Return the artifact version that a text names.

    Args:
        stack: The bound stack.
        text: ``<run>/<step>/<output>``, ``<run>/<step>`` where the step has one output, or
            ``<pipeline>/<step>/<output>`` for the newest. A run may be shortened, as anywhere.

    Raises:
        RunNotFoundError: There is no such version.
    """
    from fairlead.readback.runs import find

    head, _, rest = text.partition("/")
    if not rest:
        try:
            return _newest(stack, head, "put", "output")
        except RunNotFoundError:
            raise RunNotFoundError(
                f"nothing was put as {head!r} in {stack.objects.url}: `fairlead artifacts put "
                f"{head} FILE` does; what a step made is <run>/<step> or <pipeline>/<step>"
            ) from None
    if head.islower() and head != "latest":
        step, _, output = rest.rpartition("/")
        return _newest(stack, head, step or output, output if step else None)
    run = find(stack, head)
    if rest in run.steps:
        return run[rest].output
    _, step, output = split_version(text)
    return run[step].outputs[output]


def _newest(stack: Stack, pipeline: str, step: str, output: str | None) -> ArtifactVersion:
    from fairlead.readback.runs import history

    limit = 16
    seen = 0
    while True:
        found = history(stack, limit, Filter(pipeline=pipeline))
        for run in found[seen:]:
            if step in run.steps and run[step].state.good:
                made = run[step]
                return made.output if output is None else made.outputs[output]
        if len(found) < limit:
            raise RunNotFoundError(
                f"no run of {pipeline!r} in {stack.objects.url} has a result of the step {step!r}: "
                "`fairlead artifacts list` shows what there is"
            )
        seen, limit = limit, limit * 4


def made_from(stack: Stack, version: ArtifactVersion) -> Made:
    """Return what a version was made from, back to what came from outside.

    Args:
        stack: The bound stack.
        version: The version.

    Raises:
        RunNotFoundError: The run that made it is no longer in the store.
    """
    from fairlead.readback.runs import find

    runs: Callable[[str], Run] = cache(lambda run: find(stack, run))
    done: dict[str, Made] = {}

    def visit(origin: str) -> Made:
        if origin in done:
            return done[origin]
        run_id, step_id, output = split_version(origin)
        step = runs(run_id)[step_id]
        inputs, missing = [], []
        for reference in step.inputs:
            try:
                inputs.append(visit(_origin(runs, reference)))
            except RunNotFoundError:
                missing.append(reference)
        done[origin] = Made(
            step.outputs[output],
            step.run.pipeline,
            step.shown_parameters,
            tuple({made.version.version: made for made in inputs}.values()),
            tuple(missing),
        )
        return done[origin]

    return visit(version.origin)


def _origin(runs: Callable[[str], Run], version: str) -> str:
    run, step, output = split_version(version)
    found = runs(run)[step].outputs[output]
    return found.origin


def uses_of(stack: Stack, version: ArtifactVersion) -> list[Use]:
    """Return the steps of all runs that read a version, newest first.

    The first call reads every run since the one that made it; ended runs are read once.

    Args:
        stack: The bound stack.
        version: The version; what cached steps handed on of the same content counts too.
    """
    return uses_of_all(stack, [version])[version.version]


def uses_of_all(stack: Stack, versions: Sequence[ArtifactVersion]) -> dict[str, list[Use]]:
    """Return, for each of several versions, the steps of all runs that read it.

    Args:
        stack: The bound stack.
        versions: The versions.
    """
    history = History(stack.objects)
    oldest = min((version.made_by.run for version in versions), default="~")
    going_on = _scan(stack, history, oldest)
    found = {}
    for version in versions:
        uses = {Use(*row) for row in history.index.uses(version.origin)}
        uses |= {use for origin, use in going_on if origin == version.origin}
        found[version.version] = sorted(uses, key=lambda use: (use.run, use.step), reverse=True)
    return found


def _scan(stack: Stack, history: History, oldest: str) -> list[tuple[str, Use]]:
    """Keep what ended runs read that were not looked at yet; return what others read so far."""
    from fairlead.readback.runs import find

    runs: Callable[[str], Run] = cache(lambda run: find(stack, run))
    going_on: list[tuple[str, Use]] = []
    scanned = history.index.scanned()
    for summary in history.runs(_SEARCHED):
        if summary.id < oldest:
            break
        if summary.id in scanned or summary.state == "unreadable":
            continue
        run = runs(summary.id)
        reads = [
            (origin, step.id) for step in run if step.attempts for origin in _origins(runs, step)
        ]
        if summary.state in ENDED:
            history.index.add_uses(summary.id, reads)
        else:
            going_on += [(origin, Use(run.id, step, run.pipeline)) for origin, step in reads]
    return going_on


def _origins(runs: Callable[[str], Run], step: Step) -> list[str]:
    origins = []
    for reference in step.inputs:
        try:
            origins.append(_origin(runs, reference))
        except RunNotFoundError:
            origins.append(reference)
    return origins
