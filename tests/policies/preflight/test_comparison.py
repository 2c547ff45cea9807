"""Preflight finds exactly what an identity lacks and what it never uses, on each cloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sample_stacks import BUCKET, aws_components, aws_stack, aws_statements, resource, role_arn

from fairlead.ports.permissions import Permission
from fairlead_policies.preflight import comparison
from fairlead_policies.preflight.comparison import Preflight, preflight
from fairlead_policies.preflight.findings import LEAST, PASSED, SUFFICIENT, findings
from fairlead_policies.preflight.requirements import Declared
from fairlead_policies.preflight.table import details, table
from fairlead_policies.resource import UNKNOWN, Resource


def results(resources: list[Resource], components: dict[str, Any]) -> dict[str, set[str]]:
    """Return the results by control."""
    found: dict[str, set[str]] = {}
    for one in findings(preflight(resources, components), "urn:stack"):
        found.setdefault(one.control, set()).add(one.result.value)
    return found


def messages(result: Preflight) -> str:
    return " | ".join(one.message for one in findings(result, "urn:stack"))


def test_a_stack_with_exactly_what_it_needs_has_no_finding() -> None:
    result = preflight(aws_stack(), aws_components())
    assert details(result) == []
    assert [one.name for one in result.identities] == list(comparison.IDENTITIES)
    assert all(one.checked for one in result.identities)
    assert results(aws_stack(), aws_components()) == {SUFFICIENT: {"pass"}, LEAST: {"pass"}}


def test_every_single_statement_is_needed() -> None:
    for identity in ("submitter", "runner", "step", "maintainer"):
        statements = aws_statements(identity)
        for index in range(len(statements)):
            less = statements[:index] + statements[index + 1 :]
            result = preflight(aws_stack({identity: less}), aws_components())
            assert f"{identity} lacks" in messages(result), statements[index]


def test_what_nothing_uses_is_named() -> None:
    more = [*aws_statements("step"), {
        "Effect": "Allow", "Action": ["s3:DeleteObject", "sqs:SendMessage"], "Resource": "*",
    }]  # fmt: skip
    result = preflight(aws_stack({"step": more}), aws_components())
    step = next(one for one in result.identities if one.name == "step")
    assert [one.action for one in step.unused] == ["s3:DeleteObject", "sqs:SendMessage"]
    assert "step never uses s3:DeleteObject" in messages(result)


@pytest.mark.parametrize(
    ("action", "path"),
    [("s3:GetObject", "*"), ("s3:Get*", "runs/*"), ("s3:PutObject", "runs/*")],
)
def test_what_is_wider_than_its_use_is_named(action: str, path: str) -> None:
    wide = {"Effect": "Allow", "Action": action, "Resource": f"{BUCKET}/{path}"}
    more = [*aws_statements("runner"), wide]
    result = preflight(aws_stack({"runner": more}), aws_components())
    runner = next(one for one in result.identities if one.name == "runner")
    assert [(one.action, one.resource) for one in runner.wide] == [(action, f"{BUCKET}/{path}")]
    assert runner.unused == []


def test_an_explicit_deny_takes_back() -> None:
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": f"{BUCKET}/runs/*/end.json"}
    result = preflight(
        aws_stack({"submitter": [*aws_statements("submitter"), deny]}), aws_components()
    )
    assert "submitter lacks s3:PutObject on runs/*/end.json" in messages(result)
    assert "denies it explicitly" in " ".join(details(result))


def test_a_guard_against_other_keys_that_also_refuses_the_bucket_s_own_is_found() -> None:
    """`…IfExists` is true of a header that is absent, so this denies every write without it."""
    key = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    guard = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{BUCKET}/*",
        "Condition": {"StringNotEqualsIfExists": {key: "arn:aws:kms:x"}},
    }  # fmt: skip
    stack = [one for one in aws_stack() if one.name != "bucket-policy"]
    props = {"bucket": "ml", "policy": {"Statement": [guard]}}
    stack.append(resource("aws:s3/bucketPolicy:BucketPolicy", "guard", props, bucket="bucket"))
    assert "step lacks s3:PutObject" in messages(preflight(stack, aws_components()))


def test_a_boundary_takes_back() -> None:
    limit = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    result = preflight(aws_stack(boundary=limit), aws_components())
    assert "reader lacks kms:Decrypt" in messages(result)
    assert "permissions boundary" in " ".join(details(result))


def test_a_step_that_writes_only_below_one_pipeline_lacks_the_rest() -> None:
    narrow = [
        {**one, "Resource": [f"{BUCKET}/artifacts/digits/*"]}
        if one["Action"] == "s3:PutObject"
        else one
        for one in aws_statements("step")
    ]
    assert "step lacks s3:PutObject" in messages(
        preflight(aws_stack({"step": narrow}), aws_components())
    )


def test_what_is_not_known_is_not_evaluated() -> None:
    stack = [
        replace(one, props={**one.props, "policy": UNKNOWN}) if one.name == "policy-step" else one
        for one in aws_stack()
    ]
    assert results(stack, aws_components())[SUFFICIENT] == {"pass", "not evaluated"}
    components = aws_components()
    components["identity"]["step"] = UNKNOWN
    assert results(aws_stack(), components)[SUFFICIENT] == {"pass", "not evaluated"}


def test_an_adapter_that_declares_nothing_leaves_the_unused_open() -> None:
    more = {"step": [*aws_statements("step"), {
        "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
    }]}  # fmt: skip
    silent = aws_components(schedule={"flavor": "nobody's"})
    assert results(aws_stack(more), silent)[LEAST] == {"pass", "not evaluated"}
    assert results(aws_stack(), silent)[SUFFICIENT] == {"not evaluated"}
    assert results(aws_stack(more), aws_components())[LEAST] == {"pass", "fail"}


PASS_RUNNER = Permission(
    "aws", "submitter", "iam:PassRole", "{passes}",
    {"iam:PassedToService": "sagemaker.amazonaws.com"}, passes="runner",
)  # fmt: skip


@pytest.mark.parametrize(
    ("resource_", "service", "expected"),
    [
        (role_arn("runner"), "sagemaker.amazonaws.com", "pass"),
        (role_arn("step"), "sagemaker.amazonaws.com", "fail"),
        (role_arn("runner"), "batch.amazonaws.com", "fail"),
    ],
)
def test_whom_a_submitter_hands_on(
    resource_: str, service: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Permission(
        "aws", "submitter", "iam:PassRole", "{passes}",
        {"iam:PassedToService": service}, passes="runner",
    )  # fmt: skip
    monkeypatch.setattr(comparison, "declared", lambda _: Declared((asked,), {}))
    allowed = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource_}
    found = results(aws_stack({"submitter": [allowed]}), aws_components())
    assert found[PASSED] == {expected}


def gcp_stack(role: str = "storage") -> tuple[list[Resource], dict[str, Any]]:
    """Return a stack on Google Cloud whose reader alone is somebody."""
    email = "reader@acme.iam.gserviceaccount.com"
    name = "projects/_/buckets/ml"
    figures = f'resource.name.extract("{name}/objects/artifacts/{{x}}/figures/") != ""'
    listed = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "") != ""'
    reads = " || ".join(
        [
            *(f'resource.name.startsWith("{name}/objects/{p}/")' for p in ("manifests", "runs")),
            figures,
            f'(resource.type == "storage.googleapis.com/Bucket" && {listed})',
        ]
    )
    permissions = {"storage": ["storage.objects.get", "storage.objects.list"]}.get(role, [])
    resources = [
        resource("gcp:serviceaccount/account:Account", "reader",
                 {"accountId": "reader", "project": "acme"}),
        resource("gcp:storage/bucket:Bucket", "bucket", {"name": "ml", "project": "acme"}),
        resource("gcp:projects/iAMCustomRole:IAMCustomRole", "role",
                 {"roleId": "read", "project": "acme", "permissions": permissions}),
        resource("gcp:storage/bucketIAMMember:BucketIAMMember", "grant",
                 {"bucket": UNKNOWN, "role": UNKNOWN if role == "storage" else role,
                  "member": UNKNOWN, "condition": {"expression": reads}},
                 bucket="bucket", role="role", member="reader"),
    ]  # fmt: skip
    return resources, {
        "artifact_store": {"flavor": "gcs", "url": "gs://ml", "project": "acme"},
        "identity": {"flavor": "service_account", "reader": email},
    }


def test_a_reader_on_google_cloud() -> None:
    resources, components = gcp_stack()
    result = preflight(resources, components)
    reader = next(one for one in result.identities if one.name == "reader")
    assert not reader.problem
    assert {one.decision.outcome.value for one in reader.checked} == {"allowed"}
    assert reader.unused == []


def test_a_predefined_role_with_more_than_is_used_on_google_cloud() -> None:
    resources, components = gcp_stack("roles/storage.objectUser")
    result = preflight(resources, components)
    reader = next(one for one in result.identities if one.name == "reader")
    assert "storage.objects.delete" in {one.action for one in reader.unused}


BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


def azure_stack(actions: list[str], condition: str = "") -> tuple[list[Resource], dict[str, Any]]:
    """Return a stack on Azure whose serving identity alone is somebody."""
    resources = [
        resource("azure-native:managedidentity:UserAssignedIdentity", "serving",
                 {"resourceName": "acme-serving", "resourceGroupName": "ml"}),
        resource("azure-native:storage:StorageAccount", "account", {"accountName": "acme"}),
        resource("azure-native:storage:BlobContainer", "container",
                 {"accountName": UNKNOWN, "containerName": "ml"}, accountName="account"),
        resource("azure-native:authorization:RoleDefinition", "definition",
                 {"roleName": "acme reader", "permissions": [{"dataActions": actions}]}),
        resource("azure-native:authorization:RoleAssignment", "assignment",
                 {"principalId": UNKNOWN, "roleDefinitionId": UNKNOWN, "scope": UNKNOWN,
                  "condition": condition},
                 principalId="serving", roleDefinitionId="definition", scope="container"),
    ]  # fmt: skip
    me = "/subscriptions/0/resourceGroups/ml/providers/x/userAssignedIdentities/acme-serving"
    return resources, {
        "artifact_store": {"flavor": "blob", "url": "abfs://ml", "account_name": "acme"},
        "identity": {"flavor": "managed", "serving": me},
    }


ONLY_ARTIFACTS = (
    f"((!(ActionMatches{{'{BLOBS}/read'}}))"
    f" OR (@Resource[{BLOBS}:path] StringStartsWith 'artifacts/')"
    f" OR (SubOperationMatches{{'Blob.List'}} AND"
    f" @Request[{BLOBS}:prefix] StringStartsWith 'artifacts/'))"
)
ONLY_MODELS = ONLY_ARTIFACTS.replace("'artifacts", "'models")


@pytest.mark.parametrize(
    ("actions", "condition", "allowed", "unused"),
    [
        ([f"{BLOBS}/read"], ONLY_ARTIFACTS, {"allowed"}, []),
        ([f"{BLOBS}/read"], ONLY_MODELS, {"denied", "unknown"}, []),
        ([f"{BLOBS}/read", f"{BLOBS}/delete"], "", {"allowed"}, [f"{BLOBS}/delete"]),
        ([f"{BLOBS}/write"], "", {"denied"}, [f"{BLOBS}/write"]),
    ],
)  # fmt: skip
def test_serving_on_azure(
    actions: list[str], condition: str, allowed: set[str], unused: list[str]
) -> None:
    result = preflight(*azure_stack(actions, condition))
    serving = next(one for one in result.identities if one.name == "serving")
    assert {one.decision.outcome.value for one in serving.checked} <= allowed
    assert [one.action for one in serving.unused] == unused


def test_the_table_names_every_identity() -> None:
    more = aws_components(identity={**aws_components()["identity"], "reader": UNKNOWN})
    lines = table(preflight(aws_stack(), more))
    assert [line.split()[0] for line in lines] == ["identity", *comparison.IDENTITIES]
    assert "it is not known before the stack exists" in lines[6]
    assert lines[3].split()[3:] == ["0", "0", "0", "0"]
