"""Rehearse: preview a program, and, if wished, all of a stack's life, with nothing at stake."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fairlead_components.engine.projects import Project
from fairlead_components.engine.stack_locks import is_lock_message
from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.errors import RehearsalError
from fairlead_components.rehearsal.plan import Plan
from fairlead_components.rehearsal.sdk import installed_sdks
from fairlead_components.rehearsal.servers import StandIns
from fairlead_components.rehearsal.stack_references import place_stacks
from fairlead_components.rehearsal.throwaway import (
    Throwaway,
    program_packages,
    require_python,
    throwaway,
)
from fairlead_components.rehearsal.validation import Failure

#: Operations that leave a resource as it is.
_IDLE = frozenset({"same", "read", "refresh", "discard", "discard-replaced"})


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Repeat what the engine, a provider or the program said.

    Attributes:
        severity: ``error`` or ``warning``.
        message: What was said.
        urn: Of which resource.
    """

    severity: str
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """Tell how one operation went.

    Attributes:
        name: ``preview``, ``up``, ``refresh``, ``second up`` or ``destroy``.
        ok: Whether it did what it has to.
        changes: How many resources each operation concerned.
        seconds: How long it took.
        diagnostics: What was said.
        remarks: What is worth knowing of it.
    """

    name: str
    ok: bool
    changes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    diagnostics: tuple[Diagnostic, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Hold what a rehearsal showed.

    Attributes:
        project: The project's name.
        stack: The stack's.
        engine: The engine's version.
        sdks: The version of each SDK that answers were made from, where the plan needs it.
        plan: The resources as previewed.
        state: The resources as they were after ``up``; None without it.
        phases: What was done, in order; those after a failed one are missing.
        replaced: Settings whose secrets were placeholders.
    """

    project: str
    stack: str
    engine: str
    sdks: dict[str, str]
    plan: Plan
    state: Plan | None
    phases: tuple[Phase, ...]
    replaced: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything went as it has to."""
        return all(phase.ok for phase in self.phases)

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON data, without times, so that equal inputs give equal data."""
        phases = []
        for phase in self.phases:
            data = asdict(phase)
            del data["seconds"]
            phases.append(data)
        return {
            "schema": "1.0",
            "project": self.project,
            "stack": self.stack,
            "engine": self.engine,
            "sdks": self.sdks,
            "ok": self.ok,
            "phases": phases,
            "placeholders": list(self.replaced),
            "resources": self.plan.to_data(),
            **({"state": self.state.to_data()} if self.state is not None else {}),
        }


def rehearse(
    project: Project,
    stack: str,
    *,
    up: bool = False,
    answers: Answers | None = None,
    preview_arguments: Sequence[str] = (),
) -> Rehearsal:
    """Run a stack's program through the real engine, with stand-ins for every provider.

    Args:
        project: The Pulumi project.
        stack: The stack's name.
        up: Whether to create, refresh, create again and destroy as well.
        answers: What data sources answer; by default, made up from their types.
        preview_arguments: Further arguments for ``pulumi preview``, such as a policy pack.

    Raises:
        RehearsalError: The project cannot be rehearsed at all.
        StackNotFoundError: The project has no configuration for the stack.
        EngineNotFoundError: There is no engine.

    Example:
        >>> from fairlead_components.engine.projects import find_project
        >>> rehearse(find_project(), "aws").ok  # doctest: +SKIP
        True
    """
    require_python(project)
    sdks = installed_sdks(program_packages(project))
    answers = answers or Answers()
    with StandIns(sdks, answers) as stand_ins:  # noqa: SIM117 - the second needs the first
        with throwaway(project, stack, stand_ins.attachment) as place:
            place_stacks(place.folder / "state", answers.stack_outputs())
            phases, plan, state = [], Plan(()), None
            with stand_ins.collecting() as failures:
                first, plan = _preview(place, stand_ins, preview_arguments)
            first = _judged(first, failures)
            phases.append(first)
            if up and first.ok:
                state, rest = _life(place, stand_ins)
                phases += rest
            used = {resource.type.partition(":")[0] for resource in plan.things()}
            return Rehearsal(
                project.name,
                place.stack,
                place.engine.version,
                {name: sdks[name].version for name in sorted(used & sdks.keys())},
                plan,
                state,
                tuple(phases),
                place.replaced,
            )


def _preview(place: Throwaway, stand_ins: StandIns, arguments: Sequence[str]) -> tuple[Phase, Plan]:
    began = time.monotonic()
    done = place.run("preview", "--json", *arguments)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        raise RehearsalError(_reason(done)) from None
    declared = [step["newState"] for step in document.get("steps", []) if step.get("newState")]
    plan = Plan.of([*stand_ins.settings(), *declared])
    said = tuple(_diagnostics(document.get("diagnostics") or []))
    ok = done.returncode == 0
    if not ok and not any(one.severity == "error" for one in said):
        said = (*said, Diagnostic("error", _reason(done)))
    changes = {k: v for k, v in (document.get("changeSummary") or {}).items() if v}
    return Phase("preview", ok, changes, time.monotonic() - began, said), plan


def _judged(phase: Phase, failures: list[tuple[str, Failure]]) -> Phase:
    """Return a preview's phase with what the stand-ins found wrong."""
    found = tuple(
        Diagnostic("error", f"{at}: {reason}", urn)
        for urn, (at, reason) in sorted(dict.fromkeys(failures))
    )
    return replace(phase, ok=phase.ok and not found, diagnostics=(*found, *phase.diagnostics))


def _life(place: Throwaway, stand_ins: StandIns) -> tuple[Plan | None, list[Phase]]:
    """Create a stack, look at it, create it again, and destroy it."""
    phases = [_operation(place, "up", "--skip-preview")]
    if not phases[-1].ok:
        return None, phases
    state = _exported(place)
    phases.append(_operation(place, "refresh", "--skip-preview"))
    if phases[-1].ok:
        phases.append(_unchanged(_operation(place, "up", "--skip-preview"), "second up"))
    if phases[-1].ok:
        phases.append(_destroy(place, stand_ins, state))
    return state, phases


def _unchanged(phase: Phase, name: str) -> Phase:
    touched = {how: n for how, n in phase.changes.items() if how not in _IDLE}
    remarks = phase.remarks
    if touched:
        told = ", ".join(f"{n} {how}" for how, n in touched.items())
        remarks = (*remarks, f"the same program changes what it made itself: {told}")
    return replace(phase, name=name, ok=phase.ok and not touched, remarks=remarks)


def _destroy(place: Throwaway, stand_ins: StandIns, state: Plan) -> Phase:
    """Destroy everything; what is protected only after it was seen to withstand."""
    before = stand_ins.calls("delete")
    protected = [resource.name for resource in state.resources if resource.protect]
    began = time.monotonic()
    remarks = []
    if protected:
        remarks.append(f"{len(protected)} protected, so not deleted: {', '.join(protected)}")
        first = _operation(place, "destroy", "--skip-preview", "--exclude-protected")
        left = {resource.urn for resource in _exported(place).resources}
        escaped = [r.name for r in state.resources if r.protect and r.urn not in left]
        if escaped or not first.ok:
            remarks += [f"deleted although protected: {name}" for name in escaped]
            return replace(first, ok=False, remarks=tuple(remarks))
        place.run("state", "unprotect", "--all", "--yes", configured=False)
    last = _operation(place, "destroy", "--skip-preview")
    retained = [r.name for r in state.resources if r.retainOnDelete and r.custom]
    if retained:
        remarks.append(f"{len(retained)} retained where they are: {', '.join(retained)}")
    left_over = [resource.name for resource in _exported(place).resources]
    remarks += [f"left in the state: {name}" for name in left_over]
    deleted = stand_ins.calls("delete") - before
    return Phase(
        "destroy",
        last.ok and not left_over,
        {"delete": deleted, **({"retain": len(retained)} if retained else {})},
        time.monotonic() - began,
        last.diagnostics,
        tuple(remarks),
    )


def _operation(place: Throwaway, *arguments: str) -> Phase:
    """Run an operation, and read from its events what it did."""
    events = place.folder / "events.json"
    events.unlink(missing_ok=True)
    began = time.monotonic()
    done = place.run(*arguments, "--yes", "--event-log", str(events))
    counted: Counter[str] = Counter()
    said: list[Diagnostic] = []
    for event in _events(events):
        summary = event.get("summaryEvent")
        if summary:
            counted.update(summary.get("resourceChanges") or {})
        told = event.get("diagnosticEvent")
        if told:
            said += _diagnostics([told])
    ok = done.returncode == 0
    if not ok and not any(one.severity == "error" for one in said):
        said.append(Diagnostic("error", _reason(done)))
    changes = {str(how): n for how, n in sorted(counted.items()) if n}
    return Phase(arguments[0], ok, changes, time.monotonic() - began, tuple(said))


def _events(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def _diagnostics(found: list[dict[str, Any]]) -> Iterator[Diagnostic]:
    for one in found:
        severity = str(one.get("severity", "")).removesuffix("#err")
        message = str(one.get("message", "")).strip()
        if severity in {"error", "warning"} and message:
            yield Diagnostic(severity, message.removeprefix(f"{severity}: "), one.get("urn", ""))


def _exported(place: Throwaway) -> Plan:
    done = place.run("stack", "export", configured=False)
    if done.returncode != 0:
        raise RehearsalError(f"Pulumi exports no state: {_reason(done)}")
    return Plan.of(json.loads(done.stdout)["deployment"].get("resources") or [])


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return why Pulumi ended, where no event tells it."""
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"Pulumi was ended from outside, by {name}: is there enough memory?"
    told = done.stderr.strip() or done.stdout
    lines = [line for line in told.strip().splitlines() if line.strip()]
    if is_lock_message(told):
        return "another process holds the throw-away state"
    return "\n".join(lines[-20:]) or f"Pulumi ended with status {done.returncode} and no word"
