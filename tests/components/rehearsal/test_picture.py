"""The picture of a plan: things and their direct dependencies."""

from __future__ import annotations

from fairlead_components.rehearsal.picture import draw_plan, resource_diagram
from fairlead_components.rehearsal.plan import STACK, Plan, PlannedResource


def resource(name: str, *ups: str, kind: str = "toy:box/thing:Thing", custom: bool = True) -> dict:
    urns = [f"urn:pulumi:s::p::toy:box/thing:Thing::{up}" for up in ups]
    return {
        "urn": f"urn:pulumi:s::p::{kind}::{name}", "type": kind, "custom": custom,
        "dependencies": urns, "propertyDependencies": {"of": urns},
    }  # fmt: skip


def test_only_direct_dependencies_are_drawn() -> None:
    plan = Plan.of([
        resource("d", "a"), resource("c", "a", "b"), resource("b", "a"), resource("a"),
        resource("stack", kind=STACK), resource("group", kind="toy:index:Group", custom=False),
        resource("settings", kind="pulumi:providers:toy"),
    ])  # fmt: skip
    diagram = resource_diagram(plan)
    names = [box.label for box in diagram.boxes]
    assert sorted(names) == ["a", "b", "c", "d"]
    assert names.index("a") < names.index("b") < names.index("c")
    arrows = {tuple(urn.rpartition("::")[2] for urn in arrow) for arrow in diagram.arrows}
    assert arrows == {("a", "b"), ("b", "c"), ("a", "d")}
    assert "<desc>4 resources</desc>" in draw_plan(plan, title="Plan")


def test_a_plan_is_in_the_same_order_whatever_order_it_came_in() -> None:
    states = [resource("a"), resource("b", "a"), resource("c"), resource("d", "c", "b")]
    assert Plan.of(states) == Plan.of(reversed(states))


def test_a_plan_from_a_file_may_hold_a_circle() -> None:
    plan = Plan.of([resource("a", "b"), resource("b", "a")])
    assert [r.name for r in plan.resources] == ["a", "b"]
    assert len(resource_diagram(plan).boxes) == 2
    assert isinstance(plan.resources[0], PlannedResource)
