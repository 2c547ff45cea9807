"""The picture of a plan: resources as boxes, dependencies as arrows."""

from __future__ import annotations

from fairlead.drawing.diagram import Box, Diagram
from fairlead.drawing.direct import direct
from fairlead.drawing.svg import draw_svg
from fairlead_components.rehearsal.plan import Plan


def resource_diagram(plan: Plan) -> Diagram:
    """Return the diagram of a plan: what providers make, without components and settings.

    Args:
        plan: The plan.

    Example:
        >>> resource_diagram(Plan(())).boxes
        ()
    """
    shown = {resource.urn: resource for resource in plan.things() if resource.custom}
    number = {urn: position for position, urn in enumerate(shown)}
    # Only a plan from a file can have a dependency that comes later.
    above = {
        urn: [up for up in resource.upstream() if number.get(up, number[urn]) < number[urn]]
        for urn, resource in shown.items()
    }
    boxes = tuple(
        Box(urn, resource.name, detail=_short(resource.type), kind=_short(resource.type))
        for urn, resource in shown.items()
    )
    return Diagram(boxes, tuple(direct(above)))


def draw_plan(plan: Plan, *, title: str) -> str:
    """Return the picture of a plan as an SVG document.

    Args:
        plan: The plan.
        title: Its name, for people who do not see it.
    """
    return draw_svg(resource_diagram(plan), title=title, noun="resources")


def _short(token: str) -> str:
    """Return a type as people say it.

    Example:
        >>> _short("aws:s3/bucket:Bucket")
        'aws s3 Bucket'
    """
    package, module, name = token.split(":", 2)
    return f"{package} {module.partition('/')[0]} {name}"
