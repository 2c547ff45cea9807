"""Submit a run: bind, trace, check, record, start."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ulid import ULID

from fairlead.binding import Stack, bind
from fairlead.digests import digest_of
from fairlead.dsl import Pipeline
from fairlead.errors import CapabilityError, PipelineError, RunFailedError
from fairlead.graph import Graph
from fairlead.ports.orchestrator import Foreground, RunReference
from fairlead.project import Project, find_project, lock, provenance
from fairlead.runner.configuration import apply, read_configuration
from fairlead.runner.events import Event, Observer, ignore
from fairlead.runner.operators import Operators
from fairlead.runner.resolve import resolver
from fairlead.runtime.session import PICKLED, Session, run_uri
from fairlead.store.layout import RunLayout, manifest_path
from fairlead.store.records import Cancel, RunRecord
from fairlead.tracing import Traced, trace_pipeline

if TYPE_CHECKING:
    from fairlead.readback.runs import Run


def run_pipeline(
    pipeline: Pipeline[..., Any],
    parameters: Mapping[str, Any],
    *,
    stack: str | None,
    manifest: Any,
    config: Mapping[str, Any] | str | None,
    tags: Mapping[str, str] | None,
    wait: bool,
    in_process: bool,
    cache: bool,
    refresh: bool,
    observer: Observer | None,
) -> Run:
    """Run a pipeline on a stack; see ``Pipeline.run``, whose arguments these are."""
    project = find_project(_file_of(pipeline) or Path.cwd())
    configuration = read_configuration(config)
    bound = bind(stack, manifest=manifest, project=Path.cwd(), refresh=refresh)
    operators = Operators(bound)
    try:
        traced = trace_pipeline(
            pipeline,
            {**configuration.parameters, **parameters},
            root=project.root,
            resolve=resolver(bound),
        )
        graph = apply(configuration, traced.graph)
        check(graph, bound, operators)
        session, reference = record_run(
            traced,
            graph,
            bound,
            project,
            tags={**configuration.tags, **(tags or {})},
            in_process=in_process,
            cache=cache,
        )
        return _start(
            session, reference, operators, observer or ignore, wait=wait, in_process=in_process
        )
    finally:
        operators.close()


def _file_of(pipeline: Pipeline[..., Any]) -> Path | None:
    path = Path(pipeline.function.__code__.co_filename)
    return path if path.is_file() else None


def check(graph: Graph, stack: Stack, operators: Operators) -> None:
    """Refuse a graph that asks for what the stack cannot do, before anything runs.

    Args:
        graph: The traced graph.
        stack: The bound stack.
        operators: Its step operators.

    Raises:
        CapabilityError: Every step that cannot run here, and why, at once.
    """
    from fairlead.capabilities import unknown_backends

    problems: list[str] = []
    seen: set[tuple[str, int]] = set()
    for node in graph.nodes:
        options = graph.options(node)
        if (node.definition, id(options)) in seen:
            continue
        seen.add((node.definition, id(options)))
        found = operators.problems(options)
        found += [f"settings[{name!r}]: no such backend" for name in unknown_backends(options)]
        if options.secrets and stack.contract("secret_store") is None:
            found.append(f"secrets: stack {stack.name!r} has no secret_store")
        problems += [f"step {node.id!r}: {problem}" for problem in found]
    if problems:
        raise CapabilityError(
            f"pipeline {graph.pipeline!r} cannot run on stack {stack.name!r}:\n  - "
            + "\n  - ".join(problems)
        )


def record_run(
    traced: Traced,
    graph: Graph,
    stack: Stack,
    project: Project,
    *,
    tags: Mapping[str, str],
    in_process: bool,
    cache: bool,
) -> tuple[Session, RunReference]:
    """Write manifest, bundle and run.json; from then on the run exists.

    Args:
        traced: The traced pipeline.
        graph: Its graph, as the run configuration made it.
        stack: The bound stack.
        project: The user's project.
        tags: For finding the run again.
        in_process: Whether no other process will need the code.
        cache: Whether cached outputs may be used.

    Returns:
        The session, and what an orchestrator is given.
    """
    import json

    from fairlead.values import encode

    objects = stack.objects
    locked = lock(project.root)
    bundle = None if in_process else _upload_code(traced, project, stack)
    record = RunRecord(
        run=str(ULID()),
        stack=stack.name,
        graph=graph,
        parameters={name: _encoded(value, encode) for name, value in traced.parameters.items()},
        manifest_digest=stack.digest,
        bundle_digest=bundle,
        python_path=_python_path(project.root),
        image=None if in_process else _image(stack, project),
        use_cache=cache,
        tags=dict(tags),
        provenance=provenance(project.root, locked),
    )
    path = manifest_path(stack.digest)
    if not objects.exists(path):
        document = json.dumps(stack.manifest.document(), sort_keys=True, indent=1)
        objects.put_new(path, document.encode())
    content = record.to_bytes()
    layout = RunLayout(record.run)
    if not objects.put_new(layout.record, content):
        raise PipelineError(f"{layout.record} exists already in {objects.url}")
    digest = digest_of(content)
    functions = traced.functions if in_process else None
    session = Session(objects, record, functions=functions, stack=stack)
    return session, RunReference(run_uri(objects, record.run), digest, record.image)


def _image(stack: Stack, project: Project) -> str | None:
    """Return the image that was built for the project, where the stack leaves open which."""
    if getattr(stack.contract("orchestrator"), "image", "") is not None:
        return None
    from fairlead.images.build import find_image

    return find_image(stack, project.root)


def _encoded(value: Any, encode: Callable[[Any], Any]) -> Any:
    from fairlead.dsl import Artifact

    return f"artifact {value.name}" if isinstance(value, Artifact) else encode(value)


def _upload_code(traced: Traced, project: Project, stack: Stack) -> str:
    from fairlead.runtime.pickled_functions import dump, importable
    from fairlead.store.bundle import build, upload

    loose = {
        key: traced.functions[key]
        for key, definition in traced.graph.definitions.items()
        if definition.file is None or not importable(traced.functions[key])
    }
    extra = {PICKLED: dump(loose)} if loose else {}
    bundle = build(project.root, extra)
    upload(stack.objects, bundle)
    return bundle.digest


def _python_path(root: Path) -> tuple[str, ...]:
    """Return the folders of the project that this process imports modules from, in order."""
    found: dict[str, None] = {}
    prefix = Path(sys.prefix).resolve()
    for entry in sys.path:
        place = Path(entry or ".").resolve()
        with suppress(ValueError):
            relative = place.relative_to(root)
            if place.is_dir() and not place.is_relative_to(prefix):
                found[relative.as_posix()] = None
    return tuple(found)


def _start(
    session: Session,
    reference: RunReference,
    operators: Operators,
    observer: Observer,
    *,
    wait: bool,
    in_process: bool,
) -> Run:
    from fairlead.readback.runs import Run
    from fairlead.runner.start import walk_run

    stack = session.stack
    run = Run(stack, session.record.run)
    observer(Event(session.record.run, store=session.objects))
    orchestrator = operators.orchestrator
    if in_process:
        walk_run(session, reference, operators.in_process(session), observer)
    elif wait and isinstance(orchestrator, Foreground) and orchestrator.foreground:
        walk_run(session, reference, operators, observer)
    else:
        orchestrator.submit(reference)
        if not wait:
            return run
        from fairlead.runner.follow import follow

        try:
            follow(session, observer, backend=orchestrator, reference=reference)
        except KeyboardInterrupt:
            cancel = Cancel(person=session.record.provenance.person, reason="interrupted")
            session.objects.put_new(session.layout.cancel, cancel.to_bytes())
            raise
    return finished(run.refresh())


def finished(run: Run) -> Run:
    """Return a run that succeeded; raise what went wrong with one that did not.

    Raises:
        RunFailedError: Steps failed; the error names them, with their last lines, and has ``run``.
    """
    if run.state == "succeeded":
        return run
    lines = [f"run {run.id} of pipeline {run.pipeline!r} {run.state}"]
    for step in run:
        failure = step.failure
        if step.state == "failed" and failure is not None:
            lines.append(f"step {step.id!r}: {failure.type}: {failure.message}")
            shown = (failure.traceback or failure.log_tail).rstrip()
            # Its last words are in the line above; a type of the user's comes with its module.
            again = re.escape(f"{failure.type}: {failure.message}".rstrip())
            shown = re.sub(rf"(?:^|(?<=\n))[\w.]*{again}$", "", shown).rstrip()
            lines += [f"    {line}" for line in shown.splitlines()[-20:]]
    skipped = [step.id for step in run if step.state == "skipped"]
    if skipped:
        lines.append(f"skipped, because they need what failed: {', '.join(skipped[:10])}")
    lines.append(f"`fairlead runs show {run.id}` shows all of it.")
    error = RunFailedError("\n".join(lines))
    error.run = run  # type: ignore[attr-defined]
    raise error
