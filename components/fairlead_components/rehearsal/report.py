"""What a person reads of a rehearsal on the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fairlead_components.rehearsal.cycle import Diagnostic, Phase, Rehearsal
from fairlead_components.rehearsal.plan import STACK, Plan, PlannedResource


def tree_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan's tree: each resource below its parent.

    Args:
        plan: The plan.

    Example:
        >>> list(tree_lines(Plan((PlannedResource("urn:pulumi:s::p::a:b:C::x", "a:b:C"),))))
        ['└─ a:b:C  x']
    """
    shown = plan.things()
    urns = {resource.urn for resource in shown}
    below: dict[str, list[PlannedResource]] = defaultdict(list)
    for resource in shown:
        below[resource.parent if resource.parent in urns else ""].append(resource)
    yield from _branch("", "", below)


def _branch(urn: str, indent: str, below: dict[str, list[PlannedResource]]) -> Iterator[str]:
    children = below.get(urn, [])
    for resource in children:
        last = resource is children[-1]
        marks = [
            word
            for word, is_so in (
                ("protected", resource.protect),
                ("retained", resource.retainOnDelete),
            )
            if is_so
        ]
        told = f"  ({', '.join(marks)})" if marks else ""
        yield f"{indent}{'└' if last else '├'}─ {resource.type}  {resource.name}{told}"
        yield from _branch(resource.urn, f"{indent}{'   ' if last else '│  '}", below)


def summary_lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield what each phase did, and what was said in it."""
    for phase in rehearsal.phases:
        mark = "✓" if phase.ok else "✗"
        yield f"{mark} {phase.name:<10} {_changes(phase)}  {phase.seconds:.1f} s"
        for remark in phase.remarks:
            yield f"    {remark}"
        yield from _said(phase.diagnostics)
    unknown = rehearsal.plan.unknown_inputs()
    if unknown:
        inputs = "1 input is" if unknown == 1 else f"{unknown} inputs are"
        yield f"{inputs} known only once something else exists."
    if rehearsal.replaced:
        yield (
            "Secrets that only a key service can read were placeholders: "
            f"{', '.join(rehearsal.replaced)}"
        )


def _changes(phase: Phase) -> str:
    return ", ".join(f"{n} {how}" for how, n in phase.changes.items()) or "nothing"


def _said(diagnostics: tuple[Diagnostic, ...]) -> Iterator[str]:
    for one in diagnostics:
        parts = one.urn.split("::")
        where = ""
        if len(parts) > 3 and parts[2] != STACK:  # noqa: PLR2004 - stack, project, type, name
            where = f"{parts[2].rpartition('$')[2]} {parts[-1]}: "
        first, *rest = one.message.splitlines() or [""]
        yield f"    {one.severity}: {where}{first}"
        yield from (f"      {line}" for line in rest)
