"""Write the page of a run: graph, times, steps, logs, results with previews, lineage."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.cli.output import duration, size, when
from fairlead.cli.summary import diagram_of
from fairlead.drawing.diagram import GLYPHS, tally
from fairlead.drawing.gantt import Bar, draw_gantt
from fairlead.drawing.svg import draw_svg
from fairlead.errors import FairleadError
from fairlead.readback.lineage import Use, uses_of_all

if TYPE_CHECKING:
    from fairlead.readback.artifact_version import ArtifactVersion
    from fairlead.readback.runs import Run
    from fairlead.readback.steps import Attempt, Step

#: Steps that are told in full; of larger runs those that are not well, then the first.
_FULL = 200
#: Characters of an attempt's log, the last of them.
_LOG = 60_000
#: Bytes of a picture that is put into the page.
_PICTURE = 4_000_000


@dataclass(slots=True)
class _Output:
    version: ArtifactVersion
    preview: dict[str, Any]
    uses: list[Use]
    size: str


@dataclass(slots=True)
class _Attempt:
    attempt: Attempt
    seconds: str
    log: str
    cut: bool
    facts: list[tuple[str, str]]


@dataclass(slots=True)
class _Step:
    step: Step
    anchor: str
    state: str
    glyph: str
    seconds: str
    doc: str
    code: str
    parameters: dict[str, str]
    outputs: list[_Output] = field(default_factory=list)
    attempts: list[_Attempt] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)


def write_page(run: Run, path: Path) -> Path:
    """Write one self-contained HTML page of a run; an earlier page at the path is replaced.

    Args:
        run: The run.
        path: The file.

    Returns:
        The file's absolute path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_page(run), encoding="utf-8")
    return path.resolve()


def render_page(run: Run) -> str:
    """Return the HTML page of a run.

    Everything that a run's records hold is escaped; pictures are data inside the page.

    Args:
        run: The run.

    Raises:
        StoreError: The run's records cannot be read.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("fairlead.page", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    chosen = _chosen(run)
    shown = [_step(one) for one in chosen]
    _add_uses(run, shown)
    links = {one.step.id: f"#{one.anchor}" for one in shown}
    graph = draw_svg(diagram_of(run), title=f"Graph of {run.pipeline}", links=links)
    bars = _bars(chosen)
    times = draw_gantt(bars, title="When each attempt ran") if bars else ""
    return environment.get_template("run.html.j2").render(
        run=run,
        state=str(run.state),
        glyph=GLYPHS.get(str(run.state), "▸"),
        took=duration(run.seconds),
        tally=tally(str(step.state) for step in run),
        graph=Markup(_inline(graph)),  # noqa: S704 - drawn by us, its texts escaped
        times=Markup(_inline(times)),  # noqa: S704 - drawn by us, its texts escaped
        steps=shown,
        left_out=len(run) - len(shown),
        facts=_facts(run),
        parameters={name: _json(value) for name, value in run.shown_parameters.items()},
        metrics=run.metrics,
        made=when(datetime.now(UTC)),
    )


def _inline(svg: str) -> str:
    # In HTML the name space is implied; without it the page names no address at all.
    return svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")


def _chosen(run: Run) -> list[Step]:
    if len(run) <= _FULL:
        return [*run]
    bad = [step for step in run if not step.state.good]
    kept = {step.id for step in [*bad, *run][:_FULL]}
    return [step for step in run if step.id in kept]


def _facts(run: Run) -> list[tuple[str, str]]:
    by, record = run.provenance, run.record
    commit = "none" if by.git_commit is None else by.git_commit
    if by.git_dirty:
        commit += ", with uncommitted changes"
    facts = [
        ("Run", run.id),
        ("Stack", record.stack),
        ("Submitted", when(run.started)),
        ("Ended", when(run.ended) or "not yet"),
        ("By", f"{by.person} on {by.host}"),
        ("Command", by.command),
        ("Git commit", commit),
        ("Lock file", f"{by.lock_path or 'none'} {by.lock_digest}"),
        ("Code bundle", record.bundle_digest or "none: it ran in the submitter's process"),
        ("Stack manifest", record.manifest_digest),
        ("Image", record.image or ""),
        ("Fairlead, Python", f"{by.fairlead}, {by.python}"),
        ("Records", run.url),
        ("Tags", ", ".join(f"{key}={value}" for key, value in run.tags.items())),
    ]
    return [(name, value) for name, value in facts if value]


def _step(step: Step) -> _Step:
    definition = step.run.record.graph.definition(step.node)
    state = str(step.state)
    return _Step(
        step=step,
        anchor="step-" + step.id.replace("/", ".").replace("[", ".").replace("]", ""),
        state=state,
        glyph=GLYPHS[state],
        seconds=duration(step.seconds),
        doc=definition.doc,
        code=f"{definition.file or 'notebook'}:{definition.qualname}",
        parameters={name: _json(value) for name, value in step.shown_parameters.items()},
        outputs=[_output(version) for version in step.outputs.values()],
        attempts=[_attempt(one) for one in step.attempts],
        figures={name: _picture(step, name) for name in step.figures},
    )


def _output(version: ArtifactVersion) -> _Output:
    try:
        preview = version.preview()
    except FairleadError as error:
        preview = {"kind": "text", "text": f"no preview: {error}"}
    return _Output(version, preview, [], size(version.size))


def _attempt(attempt: Attempt) -> _Attempt:
    log = attempt.logs()
    end = attempt.view.end
    facts = [("began", when(attempt.started)), ("ended", when(attempt.ended))]
    if end is not None:
        facts += [
            ("on", end.host),
            ("processor", duration(end.cpu_seconds)),
            ("memory, at most", size(end.peak_memory) if end.peak_memory else ""),
            ("cache key", end.cache_key or ""),
            ("told by", end.observer or ""),
        ]
    return _Attempt(
        attempt, duration(attempt.seconds), log[-_LOG:], len(log) > _LOG,
        [(name, value) for name, value in facts if value],
    )  # fmt: skip


def _picture(step: Step, name: str) -> str:
    record = step.figures[name]
    if record.size > _PICTURE:
        return ""
    try:
        content = step.figure(name)
    except FairleadError:
        return ""
    # In an image element an SVG runs no script and loads nothing.
    media = "image/png" if content.startswith(b"\x89PNG") else "image/svg+xml"
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def _add_uses(run: Run, steps: list[_Step]) -> None:
    outputs = [output for one in steps for output in one.outputs]
    if not outputs:
        return
    uses = uses_of_all(run.stack, [output.version for output in outputs])
    for output in outputs:
        output.uses = uses[output.version.version][:20]


def _bars(steps: list[Step]) -> list[Bar]:
    bars = []
    for step in steps:
        for attempt in step.attempts:
            if attempt.started is None:
                continue
            start = attempt.started.timestamp()
            end = attempt.ended.timestamp() if attempt.ended else start
            outcome = attempt.outcome or "running"
            told = f"{step.id}, attempt {attempt.number}, {outcome}, {duration(attempt.seconds)}"
            bars.append(Bar(step.id, start, max(start, end), outcome, told))
    return bars


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 2000 else f"{text[:2000]}…"  # noqa: PLR2004 - a page's worth
