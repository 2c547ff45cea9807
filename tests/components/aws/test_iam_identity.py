"""A role for each function, with what that function does and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead_components.aws.role_grants import (
    boundary_grants,
    key_grants,
    registry_grants,
    store_grants,
)
from fairlead_components.rights import FUNCTIONS
from fairlead_policies.preflight.aws import Policies, Policy, Request, decide

KEY = "arn:aws:kms:eu-central-1:123456789012:key/0"


@pytest.mark.engine
def test_roles_are_trusted_narrowly_and_have_no_keys(rehearsed: Any) -> None:
    resources = rehearsed(f"""
        from fairlead_components.aws.iam_identity import IamIdentity, IamIdentityArgs, OidcTrust
        ci = OidcTrust(provider_arn="arn:aws:iam::123456789012:oidc-provider/ci", issuer="ci",
            subject="repo:acme/ml:environment:prod")
        args = IamIdentityArgs(ci=ci, store_url="s3://store", kms_key_arn="{KEY}",
            permissions_boundary="arn:aws:iam::123456789012:policy/boundary")
        pulumi.export("made", IamIdentity("identity", args).contract)
    """)
    roles = resources.of("Role")
    assert set(roles) == {f"identity-{function}" for function in FUNCTIONS}
    for role in roles.values():
        assert role["permissionsBoundary"].endswith("policy/boundary")
        first, *more = json.loads(role["assumeRolePolicy"])["Statement"]
        assert first["Principal"] == {"AWS": ["arn:aws:iam::123456789012:root"]}
        assert len(more) == (role["name"] == "ml-dev-submitter")
        for federated in more:
            assert federated["Condition"]["StringEquals"] == {
                "ci:sub": "repo:acme/ml:environment:prod", "ci:aud": "sts.amazonaws.com",
            }  # fmt: skip
    assert not resources.of("User")
    assert not resources.of("AccessKey")
    contract = resources.outputs()["made"]
    assert contract["runner"] == "arn:aws:iam::123456789012:role/ml-dev-runner"
    assert contract["account"] == "123456789012"


def actions(*statements: list[dict[str, Any]]) -> set[str]:
    return {action for found in statements for one in found for action in one["Action"]}


def test_only_the_maintainer_deletes_and_only_who_runs_pulls() -> None:
    store = {f: actions(store_grants(f, "s3://b/ml", "aws")) for f in FUNCTIONS}
    assert [f for f, found in store.items() if "s3:DeleteObject" in found] == ["maintainer"]
    writers = {f for f, found in store.items() if "s3:PutObject" in found}
    assert writers == {"submitter", "runner", "step"}
    encrypting = {f for f in FUNCTIONS if "kms:GenerateDataKey" in actions(key_grants(f, KEY, "x"))}
    assert encrypting == writers
    pushing = {f for f in FUNCTIONS if "ecr:PutImage" in actions(registry_grants(f, "arn"))}
    assert pushing == {"submitter"}
    assert registry_grants("reader", "arn") == []


def test_every_resource_is_named_and_nothing_reaches_beyond_the_prefix() -> None:
    for function in FUNCTIONS:
        for statement in store_grants(function, "s3://b/ml", "aws-cn"):
            resources = statement["Resource"]
            if statement["Action"] == ["s3:ListBucket"]:
                prefixes = statement["Condition"]["StringLike"]["s3:prefix"]
                assert all(prefix.startswith("ml/") for prefix in prefixes)
                assert resources == "arn:aws-cn:s3:::b"
            else:
                assert all(r.startswith("arn:aws-cn:s3:::b/ml/") for r in resources)


@pytest.mark.engine
def test_roles_that_are_there_are_adopted(rehearsed: Any) -> None:
    resources = rehearsed("""
        from fairlead_components.aws.iam_identity import IamIdentity, IamIdentityArgs
        from fairlead_components.identities import ExistingIdentities
        roles = ExistingIdentities(step="arn:aws:iam::123456789012:role/theirs")
        pulumi.export("made", IamIdentity("identity", IamIdentityArgs(existing=roles)).contract)
    """)
    assert not resources.of("Role")
    assert resources.outputs()["made"]["step"] == "arn:aws:iam::123456789012:role/theirs"


def decided(action: str, resource: str, context: dict[str, str | None] | None = None) -> str:
    """Return what becomes of a call by a role that somebody granted everything."""
    role = "arn:aws:iam::123456789012:role/ml-dev-step"
    everything = Policy({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    around = ("aws", "eu-central-1", "123456789012")
    statements = boundary_grants("s3://b/ml", "arn:aws:ecr:eu-central-1:123456789012:repo", around)
    boundary = Policy({"Statement": statements})
    request = Request(role, action, resource, context or {}, complete=True)
    open_to_account = Policy(
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"},
                        "Action": "kms:*", "Resource": "*"}]}
    )  # fmt: skip
    key = open_to_account if action.startswith("kms:") else None
    return decide(request, Policies((everything,), boundary, key)).outcome.value


def test_no_role_exceeds_the_boundary_and_each_has_room_within_it() -> None:
    via = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
    for function in FUNCTIONS:
        for one in [*store_grants(function, "s3://b/ml", "aws"), *key_grants(function, KEY, "x")]:
            on = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
            for resource in on:
                place = resource.replace("*", "x")
                assert {decided(a, place, via) for a in one["Action"]} == {"allowed"}
    assert decided("ecr:PutImage", "arn:aws:ecr:eu-central-1:123456789012:repo") == "allowed"
    assert decided("s3:GetObject", "arn:aws:s3:::b/other/x") == "denied"
    assert decided("s3:PutBucketPolicy", "arn:aws:s3:::b") == "denied"
    assert decided("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/ml-dev-step") == "denied"
    assert decided("kms:Decrypt", KEY) == "denied"  # not for S3


@pytest.mark.engine
def test_roles_have_a_boundary_unless_they_are_given_one(rehearsed: Any) -> None:
    resources = rehearsed("""
        from fairlead_components.aws.iam_identity import IamIdentity, IamIdentityArgs
        args = IamIdentityArgs(store_url="s3://b/ml")
        pulumi.export("made", IamIdentity("identity", args).contract)
    """)
    (boundary,) = resources.of("Policy").values()
    arn = "arn:aws:iam::123456789012:policy/ml-dev-boundary"
    assert boundary["name"] == "ml-dev-boundary"
    assert {one["permissionsBoundary"] for one in resources.of("Role").values()} == {arn}
