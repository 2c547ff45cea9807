"""Service accounts: each has what its function uses, below the paths where it uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from fairlead_components.base import ComponentError
from fairlead_components.gcp.service_account_identity import (
    ServiceAccountIdentity,
    ServiceAccountIdentityArgs,
)
from fairlead_components.identities import ExistingIdentities
from fairlead_components.rights import FUNCTIONS
from fairlead_policies.preflight.gcp_conditions import holds

Record = Callable[..., Any]
URI = "europe-west3-docker.pkg.dev/acme/images"
RUN = "runs/20261121/01J"


def identity(**args: Any) -> Any:
    given = {"project": "acme", **args}
    return ServiceAccountIdentity("who", ServiceAccountIdentityArgs(**given))


def inputs(recorder: Any, type_: str) -> list[Mapping[str, Any]]:
    return [MessageToDict(r.object) for key, r in recorder.requests.items() if f"{type_} " in key]


@pytest.fixture
def grants(record: Record) -> Any:
    """Tell whether a function has a permission of the bucket on a path."""
    both = {"artifact_store": "gs://ml/prod", "container_registry": URI}
    _, recorder = record(lambda: identity(**both).contract, preview=True)
    roles = {
        f"projects/acme/roles/{one['roleId']}": one["permissions"]
        for one in inputs(recorder, "IAMCustomRole")
    }
    bindings = inputs(recorder, "BucketIAMMember")

    def granted(function: str, verb: str, path: str) -> bool:
        known = {"resource.name": f"projects/_/buckets/ml/objects/{path}"}
        if verb == "list":
            known = {"storage.googleapis.com/objectListPrefix": path}
        return any(
            f"fairlead-unit-{function}@" in one["member"]
            and f"storage.objects.{verb}" in roles[one["role"]]
            and one["bucket"] == "ml"
            and holds(one["condition"]["expression"], known)
            for one in bindings
        )

    return granted


@pytest.mark.parametrize(
    ("function", "verb", "path", "allowed"),
    [
        ("submitter", "create", f"prod/{RUN}/run.json", True),
        ("submitter", "create", f"prod/{RUN}/steps/fit/1/run.json", False),
        ("submitter", "create", f"prod/{RUN}/steps/fit/1/claim.json", False),
        ("submitter", "create", "prod/artifacts/p/fit/model/sha", False),
        ("submitter", "create", f"{RUN}/run.json", False),
        ("runner", "create", f"prod/{RUN}/runner/1/beat/2.json", True),
        ("runner", "create", f"prod/{RUN}/steps/runner/1/claim.json", False),
        ("runner", "create", f"prod/{RUN}/steps/fit/decision.json", True),
        ("runner", "create", f"prod/{RUN}/run.json", False),
        ("step", "create", f"prod/{RUN}/steps/fit/1/log/1.txt", True),
        ("step", "create", "prod/artifacts/p/fit/model/sha", True),
        ("step", "create", "prod/manifests/x.json", False),
        ("step", "create", f"prod/{RUN}/end.json", False),
        ("step", "get", "prod/artifacts/p/load/data/sha", True),
        ("step", "get", "elsewhere/artifacts/p/load/data/sha", False),
        ("step", "delete", "prod/artifacts/p/fit/model/sha", False),
        ("serving", "get", f"prod/{RUN}/run.json", False),
        ("serving", "list", "prod/artifacts/p/", True),
        ("serving", "list", "prod/runs/", False),
        ("reader", "get", "prod/artifacts/p/fit/model/sha", False),
        ("maintainer", "delete", "prod/artifacts/p/fit/model/sha", True),
        ("maintainer", "create", "prod/artifacts/p/fit/model/sha", False),
    ],
)
def test_a_function_reaches_its_own_paths(
    grants: Any, function: str, verb: str, path: str, allowed: bool
) -> None:
    assert grants(function, verb, path) is allowed


def test_only_the_maintainer_deletes_and_so_overwrites(grants: Any) -> None:
    paths = ("manifests/x", "bundles/x", f"{RUN}/run.json", "cache/p/s/k/1", "artifacts/p/s/o/x")
    deleting = {f for f in FUNCTIONS for p in paths if grants(f, "delete", f"prod/{p}")}
    assert deleting == {"maintainer"}


def test_conditions_fit_what_google_takes(record: Record) -> None:
    _, recorder = record(lambda: identity(artifact_store="gs://ml").contract)
    for one in inputs(recorder, "BucketIAMMember"):
        expression = one["condition"]["expression"]
        assert expression.count("&&") + expression.count("||") <= 12


def test_there_are_no_keys_and_no_grants_on_the_project(record: Record) -> None:
    both = {"artifact_store": "gs://ml", "container_registry": URI}
    contract, recorder = record(lambda: identity(**both).contract, preview=True)
    kinds = {key.partition(" ")[0] for key in recorder.made()}
    assert kinds == {
        "fairlead-components:index:ServiceAccountIdentity",
        "gcp:serviceaccount/account:Account",
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
    }
    assert contract["step"] == "fairlead-unit-step@acme.iam.gserviceaccount.com"
    assert len({contract[function] for function in FUNCTIONS}) == len(FUNCTIONS)


def test_groups_act_as_a_function_and_nobody_else(record: Record) -> None:
    members = {"submitter": ["group:ml@example.org"]}
    _, recorder = record(lambda: identity(members=members, audit_logs=False).contract)
    (one,) = inputs(recorder, "serviceaccount/iAMMember:IAMMember")
    assert one["member"] == "group:ml@example.org"
    assert one["role"] == "roles/iam.serviceAccountTokenCreator"
    assert not inputs(recorder, "IAMAuditConfig")


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"submiter": ["group:a@b.c"]}, "did you mean 'submitter'"),
        ({"step": ["allUsers"]}, "everybody"),
        ({"step": ["me@example.org"]}, "must be such as"),
    ],
)
def test_wrong_members_are_refused(record: Record, members: Any, problem: str) -> None:
    with pytest.raises(ComponentError, match=problem):
        record(lambda: identity(members=members).contract)


def test_those_that_are_there_are_not_made(record: Record) -> None:
    args = ServiceAccountIdentityArgs(existing=ExistingIdentities(step="s@acme.iam"))
    contract, recorder = record(lambda: ServiceAccountIdentity("who", args).contract)
    assert len(recorder.made()) == 1
    assert contract == {"flavor": "service_account", "version": "1.0", "step": "s@acme.iam"}
