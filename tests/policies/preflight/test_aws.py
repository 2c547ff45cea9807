"""The AWS evaluator decides as AWS documents it: tables of policies and outcomes."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead_policies.preflight.aws import Policies, Policy, Request, decide, grants
from fairlead_policies.preflight.aws_conditions import holds
from fairlead_policies.resource import UNKNOWN

ROLE = "arn:aws:iam::111122223333:role/ml-step"
OTHER = "arn:aws:iam::111122223333:role/ml-runner"
ROOT = "arn:aws:iam::111122223333:root"
OBJECT = "arn:aws:s3:::ml/runs/a/b.json"


def statement(effect: str, action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return statement("Allow", action, resource, **more)


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return statement("Deny", action, resource, **more)


def policy(*statements: Any) -> Policy:
    return Policy({"Version": "2012-10-17", "Statement": list(statements)})


def outcome(
    *identity: Any,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    boundary: list[Any] | None = None,
    on: list[Any] | None = None,
    context: dict[str, Any] | None = None,
    owner: str = "",
    complete: bool = False,
) -> str:
    request = Request(ROLE, action, resource, context or {}, owner, complete)
    policies = Policies(
        (policy(*identity),),
        policy(*boundary) if boundary is not None else None,
        policy(*on) if on is not None else None,
    )
    return decide(request, policies).outcome.value


NOT_GET = {"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}
NOT_DELETE = {"Effect": "Allow", "NotAction": ["s3:Delete*", "iam:*"], "Resource": "*"}
ELSEWHERE = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::ml/runs/*"}
ONLY_HERE = {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::ml/runs/*"}


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ([], "denied"),
        ([allow("s3:GetObject")], "allowed"),
        ([allow("S3:getobject")], "allowed"),  # actions ignore case
        ([allow("s3:Get*")], "allowed"),
        ([allow("s3:Put*")], "denied"),
        ([allow("s3:GetObjec?")], "allowed"),
        ([allow("s3:GetObject?")], "denied"),
        ([allow(["s3:PutObject", "s3:GetObject"])], "allowed"),
        ([allow("*")], "allowed"),
        ([allow("s3:GetObject", "arn:aws:s3:::ml/*")], "allowed"),  # `*` spans `/`
        ([allow("s3:GetObject", "arn:aws:s3:::ml/runs/*.json")], "allowed"),
        ([allow("s3:GetObject", "arn:aws:s3:::ml/artifacts/*")], "denied"),
        ([allow("s3:GetObject", "arn:aws:s3:::ML/*")], "denied"),  # resources do not ignore case
        ([allow("s3:GetObject", "arn:aws:s3:::m?/*")], "allowed"),
        ([allow("s3:GetObject", ["arn:aws:s3:::x/*", OBJECT])], "allowed"),
        ([NOT_GET], "denied"),
        ([NOT_DELETE], "allowed"),
        ([ELSEWHERE], "denied"),
        ([allow("s3:*"), deny("s3:GetObject")], "denied"),
        ([deny("s3:Get*", "arn:aws:s3:::ml/runs/*"), allow("*")], "denied"),
        ([deny("s3:Delete*"), allow("s3:Get*")], "allowed"),
        ([allow("*"), ONLY_HERE], "allowed"),
        ([allow("*"), deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})], "unknown"),
        ([allow("*", "arn:aws:s3:::${aws:PrincipalAccount}/*")], "denied"),
        ([allow("*", "arn:aws:s3:::ml/${aws:PrincipalTag/team}/*")], "unknown"),
        ([allow("*", UNKNOWN)], "unknown"),
        ([allow("*", [UNKNOWN, OBJECT])], "allowed"),
        ([allow(UNKNOWN)], "unknown"),
        ([allow("*"), deny("*", UNKNOWN)], "unknown"),
        ([UNKNOWN], "unknown"),
    ],
)
def test_what_a_role_is_allowed(identity: list[Any], expected: str) -> None:
    assert outcome(*identity) == expected


@pytest.mark.parametrize(
    ("identity", "boundary", "expected"),
    [
        ([allow("*")], [allow("s3:*")], "allowed"),
        ([allow("*")], [allow("ec2:*")], "denied"),
        ([allow("s3:Put*")], [allow("s3:*")], "denied"),  # a boundary allows nothing by itself
        ([allow("*")], [allow("*"), deny("s3:GetObject")], "denied"),
        ([allow("*")], [allow("*", UNKNOWN)], "unknown"),
    ],
)
def test_a_boundary_limits(identity: list[Any], boundary: list[Any], expected: str) -> None:
    assert outcome(*identity, boundary=boundary) == expected


HERE = {"Principal": {"AWS": ROLE}}


@pytest.mark.parametrize(
    ("identity", "on", "expected"),
    [
        ([], [allow("s3:GetObject", **HERE)], "allowed"),  # either side suffices in one account
        ([], [allow("s3:GetObject", Principal={"AWS": OTHER})], "denied"),
        ([], [allow("s3:GetObject", Principal="*")], "allowed"),
        ([], [allow("s3:GetObject", Principal={"AWS": "*"})], "allowed"),
        ([], [allow("s3:GetObject", Principal={"AWS": ROOT})], "denied"),  # leaves it to the role
        ([allow("s3:*")], [allow("s3:GetObject", Principal={"AWS": OTHER})], "allowed"),
        ([allow("s3:*")], [deny("s3:*", Principal="*")], "denied"),
        ([allow("s3:*")], [deny("s3:*", Principal={"AWS": ROOT})], "denied"),
        ([allow("s3:*")], [deny("s3:*", Principal={"AWS": OTHER})], "allowed"),
        ([allow("s3:*")], [deny("s3:*", Principal={"Service": "logs.amazonaws.com"})], "allowed"),
        ([allow("s3:*")], [{**deny("s3:*"), "NotPrincipal": {"AWS": [ROLE, ROOT]}}], "allowed"),
        ([allow("s3:*")], [{**deny("s3:*"), "NotPrincipal": {"AWS": [OTHER, ROOT]}}], "denied"),
        ([], [allow("s3:GetObject", Principal={"AWS": UNKNOWN})], "unknown"),
    ],
)
def test_a_policy_of_the_resource(identity: list[Any], on: list[Any], expected: str) -> None:
    assert outcome(*identity, on=on) == expected


def test_a_boundary_limits_what_a_resource_grants_to_a_role() -> None:
    assert outcome(on=[allow("s3:*", **HERE)], boundary=[allow("ec2:*")]) == "denied"


@pytest.mark.parametrize(
    ("identity", "on", "expected"),
    [
        ([allow("s3:*")], None, "denied"),
        ([], [allow("s3:*", **HERE)], "denied"),
        ([allow("s3:*")], [allow("s3:*", **HERE)], "allowed"),
        ([allow("s3:*")], [allow("s3:*", Principal={"AWS": "111122223333"})], "allowed"),
    ],
)
def test_across_accounts_both_sides_must_allow(
    identity: list[Any], on: list[Any] | None, expected: str
) -> None:
    assert outcome(*identity, on=on, owner="999988887777") == expected


KEY = "arn:aws:kms:eu-central-1:111122223333:key/1"
VIA = {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}


@pytest.mark.parametrize(
    ("identity", "on", "expected"),
    [
        ([allow("kms:*")], None, "denied"),  # a key without a say is closed
        ([allow("kms:*")], [allow("kms:*", Principal={"AWS": ROOT})], "allowed"),
        ([], [allow("kms:*", Principal={"AWS": ROOT})], "denied"),
        ([], [allow("kms:Decrypt", **HERE, Condition=VIA)], "allowed"),
        ([allow("kms:*")], [allow("kms:*", Principal={"AWS": OTHER})], "denied"),
    ],
)
def test_a_key_opens_only_by_its_policy(
    identity: list[Any], on: list[Any] | None, expected: str
) -> None:
    via = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
    assert outcome(*identity, on=on, action="kms:Decrypt", resource=KEY, context=via) == expected


WRITE_ONCE = deny("s3:PutObject", Principal="*", Condition={
    "Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}
})  # fmt: skip


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"}, "allowed"),
        ({"s3:if-none-match": None, "s3:ObjectCreationOperation": "true"}, "denied"),
        ({"s3:if-none-match": None, "s3:ObjectCreationOperation": "false"}, "allowed"),
        ({"s3:ObjectCreationOperation": "true"}, "unknown"),
    ],
)
def test_write_once(context: dict[str, Any], expected: str) -> None:
    found = outcome(allow("s3:*"), on=[WRITE_ONCE], action="s3:PutObject", context=context)
    assert found == expected


CONTEXT = {
    "one": ("a",), "two": ("a", "b"), "arn": ("arn:aws:iam::1:role/x/y",), "number": ("5",),
    "address": ("10.0.0.7",), "date": ("2026-11-21T10:00:00Z",), "flag": ("true",), "absent": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "expected"),
    [
        ("StringEquals", "one", "a", True),
        ("StringEquals", "one", ["b", "a"], True),
        ("StringEquals", "one", "A", False),
        ("StringEqualsIgnoreCase", "one", "A", True),
        ("StringNotEquals", "one", ["a", "b"], False),
        ("StringNotEquals", "one", ["b", "c"], True),
        ("StringLike", "one", "?", True),
        ("StringNotLike", "one", "a*", False),
        ("ArnLike", "arn", "arn:aws:iam::*:role/*", True),
        ("ArnLike", "arn", "arn:*:role/*", False),  # each part of an ARN is compared by itself
        ("ArnNotLike", "arn", "arn:aws:iam::2:role/*", True),
        ("Bool", "flag", True, True),
        ("Bool", "flag", "false", False),
        ("NumericLessThan", "number", "6", True),
        ("NumericGreaterThanEquals", "number", 6, False),
        ("IpAddress", "address", "10.0.0.0/8", True),
        ("NotIpAddress", "address", ["10.0.0.0/8", "192.168.0.0/16"], False),
        ("DateGreaterThan", "date", "2026-01-01", True),
        ("Null", "absent", "true", True),
        ("Null", "one", "true", False),
        ("Null", "unknown", "true", None),
        ("StringEquals", "absent", "a", False),
        ("StringNotEquals", "absent", "a", True),  # what is absent is not equal
        ("StringEqualsIfExists", "absent", "a", True),
        ("StringEqualsIfExists", "one", "b", False),
        ("StringEqualsIfExists", "unknown", "b", None),
        ("BoolIfExists", "absent", "false", True),
        ("ForAllValues:StringEquals", "two", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", "two", ["a"], False),
        ("ForAllValues:StringEquals", "absent", ["a"], True),
        ("ForAnyValue:StringEquals", "two", ["b"], True),
        ("ForAnyValue:StringEquals", "two", ["c"], False),
        ("ForAnyValue:StringEquals", "absent", ["a"], False),
        ("ForAnyValue:StringNotEquals", "two", ["a"], True),
        ("ForAllValues:StringNotEquals", "two", ["a"], False),
        ("ForAllValues:StringNotLike", "two", ["c*"], True),
        ("StringEquals", "one", UNKNOWN, None),
        ("StringEquals", "one", [UNKNOWN, "a"], True),
        ("StringSounds", "one", "a", None),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, expected: bool | None) -> None:
    def lookup(name: str) -> Any:
        return CONTEXT.get(name, UNKNOWN)

    assert holds({operator: {key: wanted}}, lookup) is expected


def test_grants_name_each_action_on_each_resource() -> None:
    found = grants(Policies((policy(allow(["s3:A", "s3:B"], ["x", "y"]), NOT_GET, deny("*")),)))
    assert [(one.action, one.resource) for one in found] == [
        ("s3:A", "x"), ("s3:A", "y"), ("s3:B", "x"), ("s3:B", "y"), ("*", "*"),
    ]  # fmt: skip


def test_what_is_open_is_named() -> None:
    closed = {"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}
    policies = Policies((policy(allow("*"), deny("*", Condition=closed)),))
    assert decide(Request(ROLE, "s3:GetObject", OBJECT), policies).reason == (
        "depends on aws:SourceVpce of the request"
    )
