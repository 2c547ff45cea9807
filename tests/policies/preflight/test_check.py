"""Preflight is a part of `fairlead check`: its findings come from a stack's export alone."""

from __future__ import annotations

from typing import Any

from sample_stacks import aws_components, aws_export

from fairlead_policies.catalog import controls
from fairlead_policies.checks import run_checks
from fairlead_policies.inventory import Inventory, parse_inventory
from fairlead_policies.preflight.findings import LEAST, PASSED, SUFFICIENT
from fairlead_policies.settings import Settings


def export(outputs: dict[str, Any]) -> Inventory:
    return parse_inventory(aws_export(outputs), "export")


def preflights(outputs: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (one.control, one.urn, one.result.value)
        for one in run_checks(export(outputs), Settings())
        if one.control.startswith("PRE-")
    ]


def test_a_stack_s_export_is_enough() -> None:
    found = preflights({"fairlead": {"schema": "1.0", "components": aws_components()}})
    assert len(found) == 14
    assert {result for _, _, result in found} == {"pass"}
    assert (SUFFICIENT, "urn:pulumi:aws::ml::aws:iam/role:Role::role-step", "pass") in found


def test_what_is_not_known_yet_is_not_evaluated() -> None:
    components = aws_components()
    components["artifact_store"]["url"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    found = preflights({"fairlead": {"schema": "1.0", "components": components}})
    assert {result for control, _, result in found if control == SUFFICIENT} == {"not evaluated"}


def test_a_manifest_that_is_not_known_as_a_whole_is_not_evaluated() -> None:
    found = preflights({"fairlead": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"})
    assert [(control, result) for control, _, result in found] == [(SUFFICIENT, "not evaluated")]


def test_other_stacks_have_no_preflight() -> None:
    assert preflights({"url": "https://example.com"}) == []


def test_every_control_of_preflight_is_in_the_catalog() -> None:
    assert {SUFFICIENT, LEAST, PASSED} <= set(controls())
