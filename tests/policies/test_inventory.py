"""Exports and previews are read as what the rules know; what is neither is refused."""

from __future__ import annotations

import json

import pytest

from fairlead_policies.inventory import parse_inventory
from fairlead_policies.resource import UNKNOWN, normalise

URN = "urn:pulumi:dev::demo::aws:s3/bucketV2:BucketV2::b"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}


def state(**more: object) -> dict:
    return {"urn": URN, "type": "aws:s3/bucketV2:BucketV2", "custom": True, **more}


def read(document: object):
    return parse_inventory(json.dumps(document).encode(), "it")


def test_an_export_gives_inputs_and_what_they_come_from() -> None:
    known = state(
        inputs={
            "name": "data",
            "shown": {**SECRET, "plaintext": '{"a": ["b"]}'},
            "encrypted": {**SECRET, "ciphertext": "v1:x"},
            "hidden": "[secret]",
            "computed": ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"],
            "__defaults": [],
        },
        outputs={"arn": "arn"},
        propertyDependencies={"name": ["urn:x"], "none": None},
        protect=True,
    )
    found = read({"version": 3, "deployment": {"resources": [known, state(delete=True)]}})
    (resource,) = found.resources
    assert resource.type == "aws:s3/bucket:Bucket"
    assert resource.props == {
        "name": "data",
        "shown": {"a": ["b"]},
        "encrypted": UNKNOWN,
        "hidden": UNKNOWN,
        "computed": [UNKNOWN],
    }
    assert resource.property_dependencies == {"name": ("urn:x",), "none": ()}
    assert resource.protect
    assert (found.project, found.stack) == ("demo", "dev")


def test_a_preview_gives_what_will_be() -> None:
    steps = [
        {"op": "create", "urn": URN, "newState": state(inputs={"a": 1})},
        {"op": "delete", "urn": "urn:old", "oldState": state()},
        {"op": "create-replacement", "urn": URN, "newState": state(inputs={"a": 2})},
        {"op": "delete-replaced", "urn": URN, "oldState": state(), "newState": None},
    ]
    (resource,) = read({"steps": steps, "config": {}}).resources
    assert resource.props == {"a": 2}


def test_a_rehearsal_gives_its_plan() -> None:
    (resource,) = read({"project": "demo", "resources": [state(inputs={"a": 1})]}).resources
    assert resource.props == {"a": 1}


@pytest.mark.parametrize(
    "document",
    [[], {}, {"deployment": {"resources": [{"type": "x"}]}}, {"deployment": {"resources": [1]}}, 3],
)
def test_anything_else_is_refused_in_one_sentence(document: object) -> None:
    with pytest.raises(ValueError, match="it") as refused:
        read(document)
    assert "\n" not in str(refused.value)


def test_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="not valid JSON"):
        parse_inventory(b"\xff", "it")


def test_an_empty_stack_has_no_resources() -> None:
    assert read({"version": 3, "deployment": {"manifest": {}, "metadata": {}}}).resources == ()


@pytest.mark.parametrize(
    ("token", "current"),
    [
        ("aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket"),
        (
            "aws:s3/bucketVersioningV2:BucketVersioningV2",
            "aws:s3/bucketVersioning:BucketVersioning",
        ),
        ("azure-native:keyvault/v20230701:Vault", "azure-native:keyvault:Vault"),
        ("azure-native:web/v20230701preview:Site", "azure-native:web:Site"),
        ("kubernetes:apps/v1beta2:Deployment", "kubernetes:apps/v1:Deployment"),
        ("kubernetes:batch/v1:Job", "kubernetes:batch/v1:Job"),
        ("gcp:cloudrunv2/service:Service", "gcp:cloudrunv2/service:Service"),
        ("aws:apigatewayv2/api:Api", "aws:apigatewayv2/api:Api"),
    ],
)
def test_old_tokens_are_the_current_ones(token: str, current: str) -> None:
    assert normalise(token) == current
