"""The evaluation never gives up: whatever shape properties have, every rule says something."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import test_controls  # noqa: F401 - its imports fill the table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_cases.builder import CASES, change

from fairlead_policies.evaluation import evaluate
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Result
from fairlead_policies.settings import Settings

PROGRAMS = [case.resources for cases in CASES.values() for case in cases if case.resources]
ODD = st.sampled_from([None, True, 0, -1.5, "", "*", "{", "[]", [], [[]], {}, {"a": [{}]}, UNKNOWN])
STRICT = Settings(isolation="vpc", environment="prod")


def places(value: Any, at: str = "") -> Iterator[str]:
    """Yield the paths of everything in a value that a path without dots in its keys names."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if "." in str(key):
            continue
        path = f"{at}.{key}".lstrip(".")
        yield path
        if isinstance(inner, dict | list):
            yield from places(inner, path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(program=st.sampled_from(PROGRAMS), odd=ODD, data=st.data())
def test_odd_shapes_are_judged_too(program: list[Resource], odd: Any, data: st.DataObject) -> None:
    first = program[0]
    paths = list(places(copy.deepcopy(dict(first.props))))
    if not paths:
        return
    changed = change(first, data.draw(st.sampled_from(paths)), odd)
    found = evaluate([changed, *program[1:]], STRICT)
    assert all(one.message or one.result is Result.PASS for one in found)


def test_a_rule_that_cannot_read_a_property_says_so() -> None:
    template = "aws:ec2/launchTemplate:LaunchTemplate"
    metadata = {"httpTokens": "required", "httpPutResponseHopLimit": "many"}
    odd = Resource("urn:a::b::c::d", template, "d", {"metadataOptions": metadata})
    (found,) = [one for one in evaluate([odd], Settings()) if one.control == "AWS-EKS-06"]
    assert found.result is Result.NOT_EVALUATED
    assert "shape" in found.message
    assert "many" not in found.message


def test_findings_grow_with_the_resources_and_no_faster() -> None:
    """Counted, not timed: each resource is judged once by each rule of its type."""
    from fairlead_policies.rules import rules_for

    keys = [
        Resource(f"urn:{n}", "aws:kms/key:Key", str(n), {"enableKeyRotation": True})
        for n in range(2000)
    ]
    found = evaluate(keys, Settings())
    assert len(found) == 3 * len(keys)
    assert sorted(one.control for one in rules_for("aws:kms/key:Key")) == [
        "AWS-IAM-11", "AWS-KMS-01", "AWS-KMS-02", "AWS-KMS-03", "GEN-PROT-01", "GEN-RES-01",
    ]  # fmt: skip
