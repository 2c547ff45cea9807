"""The stack `aws` of this repository: rehearsed as its reviewers see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead_components.engine.projects import find_project
from fairlead_components.provider.wire import UNKNOWN
from fairlead_components.rehearsal.cycle import rehearse

pytestmark = pytest.mark.engine

STACKS = Path(__file__).parents[3] / "stacks"


def test_the_stack_goes_through_its_life_and_keeps_its_data() -> None:
    rehearsal = rehearse(find_project(STACKS), "aws", up=True)
    assert rehearsal.ok, rehearsal.phases
    up, _, second, destroy = (phase.changes for phase in rehearsal.phases[1:])
    assert second == {"same": up["create"]}
    assert destroy["retain"] > 15
    (manifest,) = (r for r in rehearsal.plan.resources if r.name == "manifest")
    assert any(urn.endswith("::artifact-store-logging") for urn in manifest.upstream())
    # Wired: one key for all, and roles that know the bucket before it is there.
    assert [r.name for r in rehearsal.plan.resources if r.type == "aws:kms/key:Key"] == ["key"]
    policies = {
        r.name: r.inputs["policy"]
        for r in rehearsal.plan.resources
        if r.type == "aws:iam/rolePolicy:RolePolicy"
    }
    known = {name for name, policy in policies.items() if UNKNOWN not in policy}
    assert known == {name for name in policies if not name.endswith("-key")}
