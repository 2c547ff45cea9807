"""Each control on programs that violate it, keep it, or do not know yet."""

from __future__ import annotations

import ast
import copy
import inspect
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from policy_cases import (
    aws_identity,
    aws_machine_learning,
    aws_platform,
    aws_serving,
    aws_storage,
    azure,
    azure_platform,
    gcp,
    gcp_platform,
    general,
    kubernetes,
    kubernetes_pods,
)
from policy_cases.builder import CASES, Case

from fairlead_policies.catalog import controls, frameworks
from fairlead_policies.evaluation import evaluate, findings_of
from fairlead_policies.resource import UNKNOWN, holds_unknown
from fairlead_policies.results import Finding, Result
from fairlead_policies.rules import STACK, every_rule
from fairlead_policies.settings import parse_settings
from fairlead_policies.stack import Stack

MODULES = (
    aws_identity, aws_machine_learning, aws_platform, aws_serving, aws_storage, azure,
    azure_platform, gcp, gcp_platform, general, kubernetes, kubernetes_pods,
)  # fmt: skip
#: Controls whose mere subject is the violation: there is nothing that could be unknown.
EXISTENCE = {"AWS-IAM-07", "GCP-IAM-03"}
#: Preflight's own are not of one resource: tests/policies/preflight has them.
IMPLEMENTED = sorted(
    one.id for one in controls().values() if one.implemented and one.cloud != "PRE"
)
TABLE = [
    pytest.param(control, case, id=f"{control}-{case.kind}-{index}")
    for control, cases in sorted(CASES.items())
    for index, case in enumerate(cases)
]


def results(control: str, case: Case) -> list[Finding]:
    found = evaluate(case.resources, parse_settings(case.settings, "case"))
    return [one for one in found if one.control == control]


@pytest.mark.parametrize(("control", "case"), TABLE)
def test_a_program_gets_the_result_it_should(control: str, case: Case) -> None:
    found = results(control, case)
    said = {one.result for one in found}
    if case.kind == "bad":
        assert Result.FAIL in said, found
    elif case.kind == "good":
        assert said == {Result.PASS}, found
    elif case.kind == "unknown":
        assert Result.NOT_EVALUATED in said, found
        assert Result.FAIL not in said, found
    else:
        assert not found


def test_every_control_has_a_rule_and_cases_of_each_kind() -> None:
    assert {one.control for one in every_rule()} == set(IMPLEMENTED) == set(CASES)
    for control in IMPLEMENTED:
        kinds = {case.kind for case in CASES[control]}
        assert "bad" in kinds, control
        assert "good" in kinds or (control in EXISTENCE and "none" in kinds), control
        decides_on_unknown = any(
            holds_unknown(dict(one.props)) for case in CASES[control] for one in case.resources
        )
        assert decides_on_unknown or control in EXISTENCE, control


def test_every_control_supports_a_criterion_and_says_what_to_do() -> None:
    for one in controls().values():
        assert set(one.criteria) == set(frameworks()), one.id
        assert one.link.startswith("https://"), one.id
        assert bool(one.remediation) == one.implemented, one.id
    named = {c for f in frameworks().values() for ids in f.controls.values() for c in ids}
    assert named == set(controls())


@pytest.mark.parametrize(("control", "case"), TABLE)
def test_what_one_resource_decides_needs_no_other(control: str, case: Case) -> None:
    """The pack asks such controls while a resource is being registered, when no other is known."""
    if controls()[control].scope == "stack":
        return
    settings = parse_settings(case.settings, "case")
    alone = [
        one
        for resource in case.resources
        for one in findings_of(resource, Stack([resource], settings), {control})
    ]
    assert alone == results(control, case)


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, str):
        yield value
        if value.startswith("{"):
            try:
                yield from leaves(json.loads(value))
            except ValueError:
                return


def constants(control: str) -> str:
    """Return the texts that are written in the files of a control's rules."""
    files = {inspect.getfile(one.check) for one in every_rule() if one.control == control}
    files.add(str(Path(inspect.getfile(Stack)).parent / "conditions.py"))
    files.add(str(Path(inspect.getfile(Stack)).parent / "images.py"))
    trees = [ast.parse(Path(one).read_text()) for one in files]
    return " ".join(
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("control", IMPLEMENTED)
def test_no_message_holds_a_value(control: str) -> None:
    ours = constants(control)
    for case in CASES[control]:
        values = {
            leaf
            for one in case.resources
            for leaf in leaves(dict(one.props))
            if len(leaf) > 3 and leaf not in ours
        }
        configured = {leaf for leaf in leaves(dict(case.settings)) if leaf not in ours}
        for finding in results(control, case):
            told = [v for v in values - configured if v in finding.message]
            assert not told, finding


def test_all_resources_of_one_type_at_once_are_told_apart() -> None:
    """Companions belong to the resource they come from, however many of a kind there are."""
    cases = CASES["AWS-S3-04"]
    good = next(one for one in cases if one.kind == "good")
    bad = next(one for one in cases if len(one.resources) == 1 and one.kind == "bad")
    other = replace(bad.resources[0], urn="urn:pulumi:dev::demo::x::other")
    found = evaluate([*good.resources, other], parse_settings({}, "case"))
    said = {one.urn: one.result for one in found if one.control == "AWS-S3-04"}
    assert said == {good.resources[1].urn: Result.PASS, other.urn: Result.FAIL}


def test_the_stacks_own_resource_is_asked_once() -> None:
    case = next(one for one in CASES["GCP-IAM-10"] if one.kind == "bad")
    found = results("GCP-IAM-10", case)
    assert len(found) == 1
    assert found[0].urn.split("::")[2] == STACK


def test_unknown_is_a_single_mark() -> None:
    assert copy.deepcopy({"a": UNKNOWN})["a"] is UNKNOWN
