"""The roles that our own components make hold what our own adapters call, in a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from sample_stacks import resource

from fairlead_components.kubernetes.roles import FUNCTIONS, rules
from fairlead_policies.preflight.comparison import preflight
from fairlead_policies.preflight.decision import Outcome
from fairlead_policies.resource import Resource

NAMESPACE = "ml"
PODS = {"namespace": NAMESPACE, "service_account": "runner"}
STORE = {
    "flavor": "versitygw", "url": "s3://ml", "endpoint_url": "http://store:7070",
    "namespace": NAMESPACE, "service": "artifact-store", "port": 7070,
    "credentials_secrets": {function: f"artifact-store-{function}" for function in FUNCTIONS},
}  # fmt: skip
COMPONENTS: dict[str, Any] = {
    "artifact_store": STORE,
    "identity": {"flavor": "kubernetes", "namespace": NAMESPACE, **{f: f for f in FUNCTIONS}},
    "orchestrator": {"flavor": "kubernetes", "pods": PODS},
    "step_operators": {"default": {"flavor": "kubernetes", "pods": PODS}},
    "secret_store": {"flavor": "kubernetes", "namespace": NAMESPACE},
}
_RBAC = "kubernetes:rbac.authorization.k8s.io/v1"


def cluster(less: str = "") -> list[Resource]:
    """Return the identities of a cluster, as the component makes them."""
    found = []
    for function in FUNCTIONS:
        about = {"metadata": {"name": function, "namespace": NAMESPACE}}
        found.append(resource("kubernetes:core/v1:ServiceAccount", function, about))
        granted = rules(function, [f"artifact-store-{function}"])
        if not granted or function == less:
            continue
        found.append(resource(f"{_RBAC}:Role", f"{function}-role", {**about, "rules": granted}))
        binding = {
            **about,
            "roleRef": {"kind": "Role", "name": function},
            "subjects": [{"kind": "ServiceAccount", "name": function, "namespace": NAMESPACE}],
        }
        found.append(resource(f"{_RBAC}:RoleBinding", f"{function}-binding", binding))
    return found


def test_nobody_lacks_anything() -> None:
    result = preflight(cluster(), COMPONENTS)
    assert result.silent == {}
    lacking = {
        (one.name, checked.action)
        for one in result.identities
        for checked in one.checked
        if checked.decision.outcome is not Outcome.ALLOWED
    }
    assert lacking == set()
    assert {one.name for one in result.identities if one.checked} == {
        "submitter", "runner", "deployer", "reader", "maintainer",
    }  # fmt: skip


def test_nobody_has_what_nothing_uses() -> None:
    result = preflight(cluster(), COMPONENTS)
    surplus = {
        one.name: [str(grant) for grant in (*one.unused, *one.wide)] for one in result.identities
    }
    assert not any(surplus.values()), surplus


@pytest.mark.parametrize("function", ["submitter", "runner", "maintainer"])
def test_without_its_role_an_identity_lacks_all(function: str) -> None:
    result = preflight(cluster(less=function), COMPONENTS)
    one = next(one for one in result.identities if one.name == function)
    assert one.checked
    assert one.with_outcome(Outcome.DENIED) == one.checked


def test_steps_and_served_models_may_do_nothing() -> None:
    result = preflight(cluster(), COMPONENTS)
    for one in result.identities:
        if one.name in {"step", "serving"}:
            assert one.checked == one.unused == one.wide == []
