"""Each function is somebody of its own, and may do what it needs in its namespace."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config
from fairlead_components.kubernetes.roles import FUNCTIONS, rules


def test_identities_have_roles_of_the_namespace_and_no_tokens(declared: Any) -> None:
    objects = declared.objects
    kinds = {item["kind"] for item in objects.values()}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding"}
    accounts = [v for v in objects.values() if v["kind"] == "ServiceAccount"]
    assert {a["metadata"]["name"] for a in accounts} == set(FUNCTIONS)
    assert all(a["automountServiceAccountToken"] is False for a in accounts)
    assert "identity-step-role" not in objects
    people = objects["identity-submitter-binding"]["subjects"]
    assert {s["kind"] for s in people} == {"ServiceAccount", "Group"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_role_reads_all_secrets_but_the_maintainers(function: str) -> None:
    for rule in rules(function, [f"artifact-store-{function}"]):
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert "pods/exec" not in rule["resources"]
        if "secrets" in rule["resources"] and function != "maintainer":
            assert rule["verbs"] == ["get"]
            assert rule["resourceNames"] == [f"artifact-store-{function}"]


def test_functions_are_those_that_there_are(values: Any) -> None:
    wrong = {"artifact_store": {"image": "x"}, "identity": {"groups": {"submiter": ["x"]}}}
    with pytest.raises(ConfigError, match=r"groups.submiter: unknown function; did you mean 'sub"):
        read_config(values(wrong), "x")
