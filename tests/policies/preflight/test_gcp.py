"""The Google Cloud evaluator: roles, scopes, conditions and deny policies."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead_policies.preflight.gcp import Binding, Bindings, DenyRule, Request, decide, grants
from fairlead_policies.preflight.gcp_conditions import extract, holds
from fairlead_policies.resource import UNKNOWN

STEP = "serviceAccount:step@acme.iam.gserviceaccount.com"
RUNNER = "serviceAccount:runner@acme.iam.gserviceaccount.com"
BUCKET = "projects/_/buckets/ml"
OBJECT = f"{BUCKET}/objects/artifacts/digits/train/model/1a"
VIEWER, CREATOR = "roles/storage.objectViewer", "roles/storage.objectCreator"
CUSTOM = "projects/acme/roles/steps"


def outcome(
    *bindings: Binding,
    permission: str = "storage.objects.get",
    resource: str = OBJECT,
    project: str = "acme",
    attributes: dict[str, str] | None = None,
    denies: tuple[DenyRule, ...] = (),
    roles: dict[str, Any] | None = None,
) -> str:
    request = Request(STEP, permission, resource, project, attributes or {})
    return decide(request, Bindings(bindings, denies, roles or {})).outcome.value


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        (Binding(BUCKET, VIEWER, (STEP,)), "allowed"),
        (Binding(BUCKET, VIEWER, (RUNNER,)), "denied"),
        (Binding(BUCKET, CREATOR, (STEP,)), "denied"),
        (Binding("projects/_/buckets/m", VIEWER, (STEP,)), "denied"),  # no prefix of a name
        (Binding("projects/acme", VIEWER, (STEP,)), "allowed"),  # what a project grants, it holds
        (Binding("projects/other", VIEWER, (STEP,)), "denied"),
        (Binding("folders/1", VIEWER, (STEP,)), "unknown"),
        (Binding(BUCKET, VIEWER, ("allUsers",)), "allowed"),
        (Binding(BUCKET, VIEWER, ("group:ml@acme.example",)), "unknown"),
        (Binding(BUCKET, VIEWER, (UNKNOWN,)), "unknown"),
        (Binding(BUCKET, "roles/aiplatform.user", (STEP,)), "unknown"),
        (Binding(BUCKET, CUSTOM, (STEP,)), "allowed"),
        (Binding(BUCKET, UNKNOWN, (STEP,)), "unknown"),
        (Binding(UNKNOWN, VIEWER, (STEP,)), "unknown"),
        (Binding(BUCKET, VIEWER, (STEP,), UNKNOWN), "unknown"),
    ],
)
def test_a_binding(binding: Binding, expected: str) -> None:
    assert outcome(binding, roles={CUSTOM: ["storage.objects.get"]}) == expected


def test_creating_is_not_replacing() -> None:
    creator = Binding(BUCKET, CREATOR, (STEP,))
    assert outcome(creator, permission="storage.objects.create") == "allowed"
    assert outcome(creator, permission="storage.objects.delete") == "denied"


DELETES = DenyRule(
    "projects/acme",
    ("principalSet://goog/public:all",),
    ("storage.googleapis.com/objects.delete",),
    exceptions=("principal://iam.googleapis.com/projects/-/serviceAccounts/keeper@acme.x",),
)


@pytest.mark.parametrize(
    ("permission", "expected"),
    [("storage.objects.delete", "denied"), ("storage.objects.get", "allowed")],
)
def test_a_deny_policy_wins(permission: str, expected: str) -> None:
    binding = Binding(BUCKET, "roles/storage.objectAdmin", (STEP,))
    assert outcome(binding, permission=permission, denies=(DELETES,)) == expected


def test_a_deny_policy_spares_its_exceptions() -> None:
    me = "principal://iam.googleapis.com/projects/-/serviceAccounts/" + STEP.partition(":")[2]
    spared = DenyRule("projects/acme", DELETES.principals, DELETES.permissions, (me,))
    binding = Binding(BUCKET, "roles/storage.objectAdmin", (STEP,))
    assert outcome(binding, permission="storage.objects.delete", denies=(spared,)) == "allowed"


NAME = {"resource.name": OBJECT, "resource.type": "storage.googleapis.com/Object"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f'resource.name.startsWith("{BUCKET}/objects/artifacts/")', True),
        (f"resource.name.startsWith('{BUCKET}/objects/runs/')", False),
        ('resource.name.endsWith("/1a")', True),
        ('resource.type == "storage.googleapis.com/Object"', True),
        ('resource.type != "storage.googleapis.com/Object"', False),
        ('resource.type != "storage.googleapis.com/Bucket" && resource.name.endsWith("1a")', True),
        ('!(resource.name.endsWith("1a")) || resource.name.endsWith("a")', True),
        ('resource.name.extract("/objects/artifacts/{p}/") == "digits"', True),
        ('resource.name.extract("/objects/artifacts/{p}/").startsWith("dig")', True),
        ('resource.name.extract("/steps/{step}/") == ""', True),
        ('resource.name.matches("artifacts/[a-z]+/train/")', True),
        ('resource.type in ["a", "storage.googleapis.com/Object"]', True),
        ('request.time < timestamp("2027-01-01T00:00:00Z")', None),
        ('request.time < timestamp("2027-01-01T00:00:00Z") && resource.type == "x"', False),
        ('api.getAttribute("storage.googleapis.com/objectListPrefix", "") == ""', True),
        ('resource.matchTag("1/env", "prod")', None),
        ("resource.name.startsWith(", None),
        ("true", True),
    ],
)
def test_a_condition(expression: str, expected: bool | None) -> None:
    assert holds(expression, NAME) is expected


def test_a_list_is_known_by_its_prefix() -> None:
    listed = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("runs/")'
    binding = Binding(BUCKET, VIEWER, (STEP,), listed)
    for prefix, expected in (("runs/20261121/", "allowed"), ("artifacts/", "denied")):
        attributes = {"storage.googleapis.com/objectListPrefix": prefix}
        found = outcome(
            binding, permission="storage.objects.list", resource=BUCKET, attributes=attributes
        )
        assert found == expected


@pytest.mark.parametrize(
    ("text", "template", "expected"),
    [
        ("projects/p/x", "projects/{p}/", "p"),
        ("projects/p/x", "/{last}", "p/x"),
        ("projects/p", "/zones/{z}", ""),
        ("a/b", "a/{rest}/c", ""),
    ],
)
def test_extract(text: str, template: str, expected: str) -> None:
    assert extract(text, template) == expected


def test_grants_name_each_permission_of_a_role() -> None:
    bindings = Bindings([Binding(BUCKET, CUSTOM, (STEP,))], (), {CUSTOM: ["a.b.get", UNKNOWN]})
    assert [(one.action, one.resource) for one in grants(STEP, bindings)] == [("a.b.get", BUCKET)]
