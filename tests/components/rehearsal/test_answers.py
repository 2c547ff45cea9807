"""What functions answer, and what is computed of resources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead_components.provider.wire import UNKNOWN
from fairlead_components.rehearsal.answers import Answers, Completion, shape_of, subject_of
from fairlead_components.rehearsal.errors import AnswersError
from fairlead_components.rehearsal.sdk import Sdk
from fairlead_components.rehearsal.shapes.shape import Subject


def ask(sdks: dict[str, Sdk], token: str, answers: Answers | None = None, **values: Any) -> Any:
    function = sdks[token.partition(":")[0]].function(token)
    assert function is not None
    settings = {"region": "eu-central-1", "project": "acme"}
    return (answers or Answers()).answer(function, subject_of(function, values, settings))


def test_functions_answer_in_each_clouds_shapes(sdks: dict[str, Sdk]) -> None:
    caller = ask(sdks, "aws:index/getCallerIdentity:getCallerIdentity")
    assert caller["accountId"].isdecimal()
    assert caller["arn"].startswith(f"arn:aws:iam::{caller['accountId']}:")
    assert ask(sdks, "aws:index/getRegion:getRegion")["region"] == "eu-central-1"
    zones = ask(sdks, "aws:index/getAvailabilityZones:getAvailabilityZones")
    assert zones["names"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    agent = ask(sdks, "gcp:storage/getProjectServiceAccount:getProjectServiceAccount")
    assert agent["emailAddress"].endswith("@gs-project-accounts.iam.gserviceaccount.com")
    assert ask(sdks, "gcp:organizations/getProject:getProject")["projectId"] == "acme"
    client = ask(sdks, "azure-native:authorization:getClientConfig")
    assert all(len(client[name]) == 36 for name in ("subscriptionId", "tenantId", "objectId"))
    document = ask(sdks, "kubernetes:yaml:decode", text="{kind: A}\n---\n{kind: B}\n")
    assert [each["kind"] for each in document["result"]] == ["A", "B"]


def test_a_policy_document_is_computed_and_not_made_up(sdks: dict[str, Sdk]) -> None:
    answer = ask(
        sdks,
        "aws:iam/getPolicyDocument:getPolicyDocument",
        sourcePolicyDocuments=['{"Statement": [{"Sid": "Base", "Effect": "Deny"}]}'],
        statements=[
            {
                "sid": "Read",
                "actions": ["s3:GetObject"],
                "resources": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
                "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::1:root"]}],
                "conditions": [
                    {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]}
                ],
            }
        ],
    )
    assert json.loads(answer["json"])["Statement"] == [
        {"Sid": "Base", "Effect": "Deny"},
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
            "Principal": {"AWS": "arn:aws:iam::1:root"},
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
    ]
    assert json.loads(answer["minifiedJson"]) == json.loads(answer["json"])


def test_a_file_answers_first_and_by_arguments(sdks: dict[str, Sdk], tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(
        "aws:index/getRegion:getRegion: {name: ap-south-1}\n"
        "aws:ec2/getVpc:getVpc:\n"
        "- {when: {default: true}, answer: {id: vpc-default}}\n"
        "- {when: {}, answer: {id: vpc-other}}\n"
    )
    answers = Answers.read(path)
    assert ask(sdks, "aws:index/getRegion:getRegion", answers)["name"] == "ap-south-1"
    assert ask(sdks, "aws:ec2/getVpc:getVpc", answers, default=True)["id"] == "vpc-default"
    assert ask(sdks, "aws:ec2/getVpc:getVpc", answers)["id"] == "vpc-other"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]", "must map functions"),
        ("region: {a: b}", "must map functions"),
        ("a:b:c: [{answer: {}}]", "`when`"),
        ("a: [", "cannot be read"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(text)
    with pytest.raises(AnswersError, match=told):
        Answers.read(path)
    with pytest.raises(AnswersError, match="cannot be read"):
        Answers.read(tmp_path / "none.yaml")


def test_an_answer_that_does_not_fit_is_refused(sdks: dict[str, Sdk]) -> None:
    answers = Answers({"aws:index/getRegion:getRegion": {"nam": "x"}})
    with pytest.raises(AnswersError, match="nam: unknown property; did you mean 'name'"):
        ask(sdks, "aws:index/getRegion:getRegion", answers)


def test_what_is_computed_is_unknown_in_a_preview_and_then_stays(sdks: dict[str, Sdk]) -> None:
    kind = sdks["azure-native"].resource("azure-native:storage:StorageAccount")
    assert kind is not None
    given = {"accountName": "models", "identity": {"type": "SystemAssigned"}}
    subject = Subject(kind.token, "urn", "models", {**given, "resourceGroupName": "rg"}, {})

    def outputs(before: dict[str, Any], *, preview: bool) -> dict[str, Any]:
        shape = shape_of(kind.package)
        completion = Completion(shape, subject, kind.objects, kind.inputs, preview)
        return completion.fields(given, kind.outputs, before)

    seen = outputs({}, preview=True)
    assert seen["primaryEndpoints"] == seen["identity"]["principalId"] == UNKNOWN
    made = outputs({}, preview=False)
    assert made["primaryEndpoints"]["blob"] == "https://models.blob.core.windows.net/"
    assert made["name"] == "models"
    assert UNKNOWN not in json.dumps(made)
    assert outputs({**made, "creationTime": "before"}, preview=False)["creationTime"] == "before"
    assert outputs(made, preview=True) == made
