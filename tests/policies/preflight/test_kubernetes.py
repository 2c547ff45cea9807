"""The Kubernetes evaluator: roles, bindings, subresources, names and aggregation."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead_policies.preflight.kubernetes import Access, Binding, Request, Role, decide, grants
from fairlead_policies.resource import UNKNOWN

USER = "system:serviceaccount:ml:runner"
SUBJECT = {"kind": "ServiceAccount", "name": "runner", "namespace": "ml"}


def rule(groups: Any, resources: Any, verbs: Any, **more: Any) -> dict[str, Any]:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs, **more}


READ_A = rule([""], ["secrets"], ["get", "list"], resourceNames=["a"])
READ_ANY = rule([""], ["secrets"], ["get"], resourceNames=[])
READ_SOME = rule([""], ["secrets"], ["get"], resourceNames=[UNKNOWN])
JOBS = rule(["batch"], ["jobs"], ["create", "get", "list", "watch"])


def outcome(request: Request, role: Role, subject: Any = SUBJECT, namespace: Any = "ml") -> str:
    kind = "Role" if role.namespace else "ClusterRole"
    binding = Binding((kind, role.name), [subject], namespace)
    return decide(request, Access([role], [binding])).outcome.value


def call(
    verb: str, resource: str, group: str = "", namespace: str = "ml", name: str = ""
) -> Request:
    return Request(USER, verb, group, resource, namespace, name)


@pytest.mark.parametrize(
    ("request_", "rules", "expected"),
    [
        (call("create", "jobs", "batch"), [JOBS], "allowed"),
        (call("delete", "jobs", "batch"), [JOBS], "denied"),
        (call("create", "jobs"), [JOBS], "denied"),  # of another API group
        (call("create", "jobs/status", "batch"), [JOBS], "denied"),  # a subresource is its own
        (call("create", "jobs", "batch", "other"), [JOBS], "denied"),
        (call("create", "jobs", "batch"), [rule(["*"], ["*"], ["*"])], "allowed"),
        (call("get", "pods/log"), [rule([""], ["*"], ["get"])], "allowed"),
        (call("get", "pods/log"), [rule([""], ["*/log"], ["get"])], "allowed"),
        (call("get", "pods/log"), [rule([""], ["pods/log"], ["get"])], "allowed"),
        (call("get", "pods"), [rule([""], ["pods/log"], ["get"])], "denied"),
        (call("get", "secrets", name="a"), [READ_A], "allowed"),
        (call("get", "secrets", name="b"), [READ_A], "denied"),
        (call("list", "secrets"), [READ_A], "denied"),
        (call("get", "secrets", name="b"), [READ_ANY], "allowed"),
        (call("get", "secrets", name="b"), [READ_SOME], "unknown"),
        (call("create", "jobs", "batch"), UNKNOWN, "unknown"),
        (call("create", "jobs", "batch"), [UNKNOWN], "unknown"),
        (call("create", "jobs", "batch"), [rule(UNKNOWN, ["jobs"], ["create"])], "unknown"),
        (call("create", "jobs", "batch"), [], "denied"),
    ],
)  # fmt: skip
def test_a_role(request_: Request, rules: Any, expected: str) -> None:
    assert outcome(request_, Role("r", rules, "ml")) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ({**SUBJECT, "namespace": "other"}, "denied"),
        ({"kind": "User", "name": USER}, "allowed"),
        ({"kind": "Group", "name": "system:serviceaccounts:ml"}, "allowed"),
        ({"kind": "Group", "name": "system:serviceaccounts:other"}, "denied"),
        ({"kind": "Group", "name": "system:authenticated"}, "allowed"),
        ({**SUBJECT, "name": UNKNOWN}, "unknown"),
        (UNKNOWN, "unknown"),
    ],
)
def test_a_subject(subject: Any, expected: str) -> None:
    assert outcome(call("create", "jobs", "batch"), Role("r", [JOBS], "ml"), subject) == expected


@pytest.mark.parametrize(
    ("namespace", "bound", "expected"),
    [
        ("ml", "ml", "allowed"),
        ("other", "ml", "denied"),  # a RoleBinding lends a ClusterRole to its namespace only
        ("other", None, "allowed"),
        ("", None, "allowed"),
        ("", "ml", "denied"),
        ("ml", UNKNOWN, "unknown"),
    ],
)
def test_a_cluster_role(namespace: str, bound: Any, expected: str) -> None:
    request = call("create", "jobs", "batch", namespace)
    assert outcome(request, Role("r", [JOBS]), namespace=bound) == expected


def test_a_role_that_is_not_ours_is_not_known() -> None:
    access = Access([], [Binding(("ClusterRole", "edit"), [SUBJECT], "ml")])
    assert decide(call("create", "jobs", "batch"), access).outcome.value == "unknown"


def test_a_cluster_role_aggregates_by_label() -> None:
    whole = Role("all", (), selectors=({"matchLabels": {"to": "runner"}},))
    part, other = (
        Role("part", [JOBS], labels={"to": "runner"}),
        Role("other", [rule(["*"], ["*"], ["*"])]),
    )
    access = Access([whole, part, other], [Binding(("ClusterRole", "all"), [SUBJECT], "ml")])
    assert decide(call("create", "jobs", "batch"), access).outcome.value == "allowed"
    assert decide(call("delete", "jobs", "batch"), access).outcome.value == "denied"


def test_paths_that_are_no_resources() -> None:
    role = Role("r", [{"nonResourceURLs": ["/metrics/*"], "verbs": ["get"]}])
    for path, expected in (("/metrics/a", "allowed"), ("/healthz", "denied")):
        assert outcome(Request(USER, "get", path=path), role, namespace=None) == expected


def test_grants_name_each_verb_on_each_resource() -> None:
    role = Role("r", [rule([""], ["pods"], ["get", "list"], resourceNames=["a"])], "ml")
    access = Access([role], [Binding(("Role", "r"), [SUBJECT], "ml")])
    assert [(one.action, one.resource) for one in grants(USER, access)] == [
        ("pods:get", "ml/a"), ("pods:list", "ml/a"),
    ]  # fmt: skip
