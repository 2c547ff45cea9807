"""The Azure evaluator: roles, scopes, conditions and deny assignments."""

from __future__ import annotations

import pytest

from fairlead_policies.preflight.azure import Assignment, Request, Role, below, decide, grants
from fairlead_policies.preflight.azure_conditions import holds
from fairlead_policies.preflight.azure_roles import BUILT_IN
from fairlead_policies.resource import UNKNOWN

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
GROUP = "/subscriptions/0/resourceGroups/ml"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acme"
CONTAINER = "storageAccounts/acme/blobServices/default/containers/ml"
BLOB = f"{CONTAINER}/blobs/runs/20261121/1/run.json"
READER = Role("reader", data_actions=(f"{BLOBS}/read",))


def outcome(*assignments: Assignment, action: str = f"{BLOBS}/read", data: bool = True) -> str:
    request = Request(
        "step", action, BLOB, data, attributes={f"@Resource[{BLOBS}:path]": "runs/20261121/1/run"}
    )
    return decide(request, assignments).outcome.value


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        (Assignment("step", READER, CONTAINER), "allowed"),
        (Assignment("step", READER, ACCOUNT), "allowed"),
        (Assignment("step", READER, ACCOUNT.upper()), "allowed"),  # ids ignore case
        (Assignment("step", READER, f"{ACCOUNT}2"), "denied"),
        (Assignment("step", READER, CONTAINER + "-logs"), "denied"),
        (Assignment("step", READER, GROUP), "unknown"),
        (Assignment("runner", READER, CONTAINER), "denied"),
        (Assignment(UNKNOWN, READER, CONTAINER), "unknown"),
        (Assignment("step", UNKNOWN, CONTAINER), "unknown"),
        (Assignment("step", READER, UNKNOWN), "unknown"),
        (Assignment("step", READER, CONTAINER, UNKNOWN), "unknown"),
        (Assignment("step", Role("x", data_actions=(f"{BLOBS.upper()}/*",)), ACCOUNT), "allowed"),
        (Assignment("step", Role("x", data_actions=("*/read",)), ACCOUNT), "allowed"),
        (Assignment("step", Role("x", actions=("*",)), ACCOUNT), "denied"),  # no data action
        (Assignment("step", Role("x", data_actions=(UNKNOWN,)), ACCOUNT), "unknown"),
        (
            Assignment(
                "step",
                Role("x", data_actions=("*",), not_data_actions=(f"{BLOBS}/read",)),
                ACCOUNT,
            ),
            "denied",
        ),
    ],
)
def test_an_assignment(assignment: Assignment, expected: str) -> None:
    assert outcome(assignment) == expected


def test_what_a_role_leaves_out_another_may_give() -> None:
    less = Role("x", data_actions=("*",), not_data_actions=("*/read",))
    assert (
        outcome(Assignment("step", less, CONTAINER), Assignment("step", READER, CONTAINER))
        == "allowed"
    )


def test_a_deny_assignment_wins() -> None:
    allowed = Assignment("step", READER, CONTAINER)
    denied = Assignment("step", READER, ACCOUNT, deny=True)
    assert outcome(allowed, denied) == "denied"


def test_whoever_may_write_may_add() -> None:
    writer = Assignment("step", Role("w", data_actions=(f"{BLOBS}/write",)), CONTAINER)
    adder = Assignment("step", Role("a", data_actions=(f"{BLOBS}/add/action",)), CONTAINER)
    assert outcome(writer, action=f"{BLOBS}/add/action") == "allowed"
    assert outcome(adder, action=f"{BLOBS}/write") == "denied"


def test_whoever_may_write_elsewhere_may_not_add_here() -> None:
    """A condition on writing holds for adding too where only writing is granted."""
    role = Role("w", data_actions=(f"{BLOBS}/write",))
    elsewhere = f"@Resource[{BLOBS}:path] StringStartsWith 'artifacts/'"
    guard = f"(!(ActionMatches{{'{BLOBS}/write'}})) OR ({elsewhere})"
    writer = Assignment("step", role, CONTAINER, guard)
    assert outcome(writer, action=f"{BLOBS}/add/action") == "denied"


PATH = f"@Resource[{BLOBS}:path]"
GUARD = f"!(ActionMatches{{'{BLOBS}/read'}} AND NOT SubOperationMatches{{'Blob.List'}})"
KNOWN = {PATH.lower(): "runs/1.json", f"@request[{BLOBS}:prefix]".lower(): "runs/"}


@pytest.mark.parametrize(
    ("condition", "action", "suboperation", "expected"),
    [
        (f"(({GUARD}) OR ({PATH} StringLike 'runs/*'))", "read", "", True),
        (f"(({GUARD}) OR ({PATH} StringLike 'artifacts/*'))", "read", "", False),
        (f"(({GUARD}) OR ({PATH} StringLike 'artifacts/*'))", "read", "Blob.List", True),
        (f"(({GUARD}) OR ({PATH} StringLike 'artifacts/*'))", "write", "", True),
        (f"{PATH} StringStartsWith 'runs/'", "read", "", True),
        (f"{PATH} StringEqualsIgnoreCase 'RUNS/1.json'", "read", "", True),
        (f"{PATH} StringEquals 'RUNS/1.json'", "read", "", False),
        (f"{PATH} StringNotLike 'runs/*'", "read", "", False),
        (f"{PATH} ForAnyOfAnyValues:StringLike {{'cache/*', 'runs/*'}}", "read", "", True),
        (f"{PATH} ForAnyOfAllValues:StringLike {{'cache/*', 'runs/*'}}", "read", "", False),
        (f"@Request[{BLOBS}:prefix] StringStartsWith 'runs/' && Exists {PATH}", "read", "", True),
        ("@Principal[a:b] StringEquals 'x'", "read", "", None),
        (f"{PATH} StringLike", "read", "", None),
        (f"ActionMatches{{'{BLOBS}/*'}}", "read", "", True),
    ],
)
def test_a_condition(condition: str, action: str, suboperation: str, expected: bool | None) -> None:
    assert holds(condition, f"{BLOBS}/{action}", suboperation, KNOWN) is expected


def test_a_whole_id_lies_below_its_subscription() -> None:
    assert below("/subscriptions/0", ACCOUNT) is True
    assert below("/subscriptions/1", ACCOUNT) is False
    assert below("/", ACCOUNT) is True
    assert below("/providers/Microsoft.Management/managementGroups/x", ACCOUNT) is None
    assert below(ACCOUNT, GROUP) is False


def test_a_contributor_of_data_is_granted_deletion() -> None:
    role = BUILT_IN["ba92f5b4-2d11-453d-a403-e96b0029c9fe"]
    found = {one.action for one in grants("step", [Assignment("step", role, CONTAINER)])}
    assert f"{BLOBS}/delete" in found
