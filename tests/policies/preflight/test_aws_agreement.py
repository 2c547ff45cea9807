"""The AWS evaluator agrees with one that is slow and obvious: regular expressions and all cases."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead_policies.preflight.aws import Policies, Policy, Request, decide

ROLE = "arn:aws:iam::111122223333:role/ml-step"
OTHER = "arn:aws:iam::111122223333:role/ml-runner"


def obviously_matches(pattern: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def obviously_met(operator: str, value: str | None, wanted: Any) -> bool:
    if operator == "Null":
        return (value is None) == (wanted == "true")
    if operator == "StringLike":
        return value is not None and any(obviously_matches(w, value) for w in wanted)
    if operator == "StringNotEquals":
        return value is None or value not in wanted
    if operator == "StringEqualsIfExists":
        return value is None or value in wanted
    raise AssertionError(operator)


def obviously_applies(one: dict[str, Any], request: Request, *, of_resource: bool) -> bool:
    actions = one.get("Action", one.get("NotAction"))
    resources = one.get("Resource", one.get("NotResource"))
    action = any(obviously_matches(a.lower(), request.action.lower()) for a in actions)
    resource = any(obviously_matches(r, request.resource) for r in resources)
    conditions = [
        obviously_met(operator, request.context.get(key), wanted)
        for operator, keys in one.get("Condition", {}).items()
        for key, wanted in keys.items()
    ]
    return (
        action == ("Action" in one)
        and resource == ("Resource" in one)
        and (not of_resource or request.principal in one["Principal"]["AWS"])
        and all(conditions)
    )


def obviously_decided(
    request: Request, own: list[Any], boundary: list[Any] | None, on: list[Any] | None
) -> str:
    def effects(statements: list[Any], *, of_resource: bool = False) -> set[str]:
        return {
            one["Effect"]
            for one in statements
            if obviously_applies(one, request, of_resource=of_resource)
        }

    mine, limit = effects(own), effects(boundary or [])
    theirs = effects(on or [], of_resource=True)
    if "Deny" in mine | limit | theirs:
        return "denied"
    limited = boundary is None or "Allow" in limit
    if request.owner not in {"", "111122223333"}:
        ok = "Allow" in mine and limited and "Allow" in theirs
    else:
        ok = limited and "Allow" in (mine | theirs)
    return "allowed" if ok else "denied"


KEYS = st.sampled_from(["k", "l"])
ACTIONS = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "*", "s3:?etObject", "S3:PUT*", "s3"])
#: Statements that apply are as likely as those that do not, else they hardly ever meet.
NAMES = st.just("*") | st.text("ab*?/", max_size=4).map(lambda tail: f"arn:aws:s3:::{tail}")
WANTED = st.dictionaries(KEYS, st.lists(st.text("ab*", max_size=2), min_size=1))
OPERATORS = st.sampled_from(["StringLike", "StringNotEquals", "StringEqualsIfExists"])
NULLS = st.fixed_dictionaries(
    {"Null": st.dictionaries(st.just("k"), st.sampled_from(["true", "false"]))}
)
CONTEXTS = st.dictionaries(KEYS, st.text("ab", max_size=2))


@st.composite
def statements(draw: Any, *, of_resource: bool = False) -> dict[str, Any]:
    def some_of(values: Any) -> list[Any]:
        return draw(st.lists(values, min_size=1, max_size=2))

    one = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    one[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = some_of(ACTIONS)
    one[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = some_of(NAMES)
    if draw(st.booleans()):
        one["Condition"] = draw(st.dictionaries(OPERATORS, WANTED, max_size=2) | NULLS)
    if of_resource:
        one["Principal"] = {"AWS": some_of(st.sampled_from([ROLE, OTHER]))}
    return one


@given(
    own=st.lists(statements(), max_size=3),
    boundary=st.none() | st.lists(statements(), max_size=2),
    on=st.none() | st.lists(statements(of_resource=True), max_size=2),
    request=st.builds(
        Request,
        principal=st.just(ROLE),
        action=st.sampled_from(["s3:GetObject", "s3:PutObject"]),
        resource=st.text("ab/", max_size=4).map(lambda tail: f"arn:aws:s3:::{tail}"),
        context=CONTEXTS,
        owner=st.sampled_from(["", "111122223333", "999988887777"]),
        complete=st.just(True),
    ),
)
@settings(max_examples=600, deadline=None)
def test_it_agrees(
    own: list[Any], boundary: list[Any] | None, on: list[Any] | None, request: Request
) -> None:
    policies = Policies(
        (Policy({"Statement": own}),),
        None if boundary is None else Policy({"Statement": boundary}),
        None if on is None else Policy({"Statement": on}),
    )
    assert decide(request, policies).outcome.value == obviously_decided(request, own, boundary, on)


@given(own=st.lists(statements(), max_size=3), known=CONTEXTS, rest=CONTEXTS)
@settings(max_examples=200, deadline=None)
def test_what_it_decides_without_all_keys_stands_whatever_they_are(
    own: list[Any], known: dict[str, Any], rest: dict[str, Any]
) -> None:
    policies = Policies((Policy({"Statement": own}),))
    call = (ROLE, "s3:GetObject", "arn:aws:s3:::ab")
    before = decide(Request(*call, known), policies)
    after = decide(Request(*call, {**rest, **known}, complete=True), policies)
    assert before.outcome in {after.outcome, "unknown"}
