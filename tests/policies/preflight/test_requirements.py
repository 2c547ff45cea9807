"""What adapters declare covers what they call, for every store and registry."""

from __future__ import annotations

import pytest

from fairlead.ports.permissions import DeclaresPermissions
from fairlead.registry import BUILTIN, load
from fairlead.store.access import accesses
from fairlead.store.layout import (
    RunLayout,
    artifact_folder,
    bundle_path,
    cache_folder,
    manifest_path,
)
from fairlead_policies.preflight.evaluator import call
from fairlead_policies.preflight.image_pulls import image_permissions
from fairlead_policies.preflight.requirements import declared
from fairlead_policies.preflight.wildcards import matches
from fairlead_policies.resource import UNKNOWN

STORES = {
    "s3": {"flavor": "s3", "url": "s3://ml/team", "region": "eu-central-1", "kms_key_arn": "arn:k"},
    "gcs": {"flavor": "gcs", "url": "gs://ml/team"},
    "blob": {"flavor": "blob", "url": "abfs://ml/team", "account_name": "acme"},
}
RUN = RunLayout("01KAEW8J00ABCDEFGHJKMNPQRS")
#: What a pattern whose `*` spans `/` cannot keep apart from an identity's own.
OVERLAP = {"submitter": {RUN.attempt_end("s", 1)}, "runner": set(), "step": {RUN.decision("s")}}
WRITTEN = {
    "submitter": [
        manifest_path("sha256:0"), bundle_path("sha256:0"), RUN.record, RUN.cancel, RUN.end,
    ],
    "runner": [
        RUN.lease(1), RUN.beat(1, 2), RUN.expansion("n"), RUN.decision("s"),
        RUN.attempt_end("s", 1), RUN.end,
    ],
    "step": [
        RUN.claim("s", 1), RUN.log("s", 1, 2), RUN.attempt_end("s", 1), RUN.expansion("n"),
        f"{cache_folder('p', 's', 'sha256:0')}/1.json", f"{artifact_folder('p', 's', 'o')}/0",
    ],
}  # fmt: skip


@pytest.mark.parametrize("identity", WRITTEN)
def test_the_table_of_accesses_has_every_object_of_the_layout(identity: str) -> None:
    shapes = [
        call("", one.path, {}).shape
        for one in accesses()
        if one.identity == identity and one.verb == "create"
    ]
    for path in WRITTEN[identity]:
        assert any(matches(shape, path) for shape in shapes), path
    others = {path for name, paths in WRITTEN.items() if name != identity for path in paths}
    foreign = {p for p in others - set(WRITTEN[identity]) if any(matches(s, p) for s in shapes)}
    assert foreign == OVERLAP[identity]


def test_only_the_maintainer_deletes() -> None:
    for contract in STORES.values():
        permissions = declared({"artifact_store": contract}).permissions
        deleting = {one.identity for one in permissions if "delete" in one.action.lower()}
        assert deleting == {"maintainer"}


@pytest.mark.parametrize("flavor", STORES)
def test_every_access_is_a_permission(flavor: str) -> None:
    found = declared({"artifact_store": STORES[flavor]})
    assert found.silent == {}
    assert {one.identity for one in found.permissions} == {one.identity for one in accesses()}
    creating = [one for one in accesses() if one.verb == "create"]
    for access in creating:
        where = f"team/{access.path}"
        assert any(
            one.identity == access.identity and one.resource.endswith(where)
            for one in found.permissions
        ), access


def test_a_local_store_and_another_server_need_nothing_of_a_cloud() -> None:
    local = {"flavor": "local", "url": "file:///tmp/store"}
    server = {**STORES["s3"], "endpoint_url": "https://minio.example.org"}
    for contract in (local, server):
        found = declared({"artifact_store": contract})
        assert (found.permissions, found.silent) == ((), {})


def test_what_cannot_be_asked_is_said() -> None:
    found = declared({
        "artifact_store": {"flavor": "s3", "url": UNKNOWN},
        "orchestrator": {"flavor": "mainframe"},
        "secret_store": {"flavor": "local"},
        "identity": {"flavor": "iam", "step": UNKNOWN},
    })  # fmt: skip
    assert set(found.silent) == {"artifact_store", "orchestrator", "secret_store"}
    assert "mainframe" in found.silent["orchestrator"]


def test_every_adapter_of_ours_beyond_this_machine_declares_its_permissions() -> None:
    for name, target in BUILTIN["fairlead.adapters"].items():
        if "adapters.local." not in target:
            assert issubclass(load("fairlead.adapters", name), DeclaresPermissions), name


@pytest.mark.parametrize(
    ("uri", "action", "resource"),
    [
        ("111122223333.dkr.ecr.eu-central-1.amazonaws.com/ml", "ecr:BatchGetImage",
         "arn:aws:ecr:eu-central-1:111122223333:repository/ml"),
        ("europe-west3-docker.pkg.dev/acme/ml", "artifactregistry.repositories.downloadArtifacts",
         "projects/acme/locations/europe-west3/repositories/ml"),
        ("acme.azurecr.io/ml", "Microsoft.ContainerRegistry/registries/pull/read",
         "registries/acme"),
    ],
)  # fmt: skip
def test_images_are_pulled_by_those_whose_containers_run(
    uri: str, action: str, resource: str
) -> None:
    found = [one for one in image_permissions({"uri": uri}) if one.action == action]
    assert {one.identity for one in found if one.resource == resource} >= {"runner", "step"}


def test_other_registries_need_no_cloud() -> None:
    assert image_permissions({"uri": "registry.example.org/ml"}) == ()
