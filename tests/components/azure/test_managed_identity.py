"""Managed identities: each has what its function uses, below the paths where it uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from fairlead_components.azure.blob_conditions import BLOBS
from fairlead_components.azure.managed_identity import (
    ManagedIdentity,
    ManagedIdentityArgs,
)
from fairlead_components.base import ComponentError
from fairlead_components.identities import ExistingIdentities
from fairlead_policies.preflight.azure_conditions import holds

Record = Callable[..., Any]
RUN = "runs/20261121/01J"


def identity(**args: Any) -> Any:
    given = {
        "resource_group": "ml", "storage_account": "acme", "artifact_store": "abfs://store/prod",
        **args,
    }  # fmt: skip
    return ManagedIdentity("who", ManagedIdentityArgs(**given))


@pytest.fixture
def assigned(record: Record) -> Any:
    """The role assignments by their names, and the actions of each role."""

    def run(**args: Any) -> tuple[dict[str, Mapping[str, Any]], dict[str, list[str]]]:
        _, recorder = record(
            lambda: identity(**args).contract, config={"azure-native:subscriptionId": "s1"}
        )
        found: dict[str, Mapping[str, Any]] = {}
        roles: dict[str, list[str]] = {}
        for key, request in recorder.requests.items():
            inputs = MessageToDict(request.object)
            if ":RoleAssignment " in key:
                found[key.rpartition(" ")[2]] = inputs
            elif ":RoleDefinition " in key:
                (permission,) = inputs["permissions"]
                assert not permission["actions"]
                roles[inputs["roleDefinitionId"]] = permission["dataActions"]
        return found, roles

    return run


@pytest.mark.parametrize(
    ("function", "action", "path", "allowed"),
    [
        ("submitter", "add/action", f"prod/{RUN}/run.json", True),
        ("submitter", "add/action", f"prod/{RUN}/steps/fit/1/run.json", False),
        ("submitter", "add/action", f"{RUN}/run.json", False),
        ("submitter", "write", "prod/bundles/x.tar.gz", True),
        ("submitter", "write", f"prod/{RUN}/run.json", False),
        ("runner", "add/action", f"prod/{RUN}/steps/fit/decision.json", True),
        ("runner", "add/action", f"prod/{RUN}/run.json", False),
        ("runner", "write", "prod/artifacts/p/fit/model/sha", False),
        ("step", "add/action", f"prod/{RUN}/steps/fit/1/claim.json", True),
        ("step", "write", f"prod/{RUN}/steps/fit/1/claim.json", False),
        ("step", "write", "prod/artifacts/p/fit/model/sha", True),
        ("step", "delete", "prod/artifacts/p/fit/model/sha", False),
        ("serving", "read", "prod/artifacts/p/fit/model/sha", True),
        ("serving", "read", f"prod/{RUN}/run.json", False),
        ("reader", "read", "prod/artifacts/p/fit/model/sha", False),
        ("maintainer", "delete", "prod/artifacts/p/fit/model/sha", True),
        ("maintainer", "write", "prod/artifacts/p/fit/model/sha", False),
    ],
)
def test_a_function_reaches_its_own_paths(
    assigned: Any, function: str, action: str, path: str, allowed: bool
) -> None:
    found, roles = assigned()
    known = {f"@resource[{BLOBS}:path]".lower(): path}
    granted = any(
        f"{BLOBS}/{action}" in roles[one["roleDefinitionId"].rpartition("/")[2]]
        and holds(one["condition"], f"{BLOBS}/{action}", "", known)
        for name, one in found.items()
        if name.startswith(f"who-{function}-")
    )
    assert granted is allowed


def test_roles_are_assigned_on_the_container_alone(assigned: Any) -> None:
    found, _ = assigned()
    scope = (
        "/subscriptions/s1/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/acme"
        "/blobServices/default/containers/store"
    )
    assert {one["scope"] for one in found.values()} == {scope}
    assert [name for name in found if name.endswith("-delete")] == ["who-maintainer-delete"]


def test_groups_have_the_rights_of_a_function(assigned: Any) -> None:
    found, _ = assigned(groups={"submitter": ["11111111-2222-3333-4444-555555555555"]})
    ours, theirs = found["who-submitter-create"], found["who-submitter-group-1-create"]
    assert theirs["principalType"] == "Group"
    assert theirs["condition"] == ours["condition"]
    assert theirs["roleAssignmentName"] != ours["roleAssignmentName"]
    with pytest.raises(ComponentError, match="did you mean 'submitter'"):
        assigned(groups={"submiter": ["x"]})


def test_those_that_are_there_are_not_made(record: Record) -> None:
    args = ManagedIdentityArgs(existing=ExistingIdentities(step="/subscriptions/s/x"))
    contract, recorder = record(lambda: ManagedIdentity("who", args).contract)
    assert len(recorder.made()) == 1
    assert contract == {"flavor": "managed", "version": "1.0", "step": "/subscriptions/s/x"}
