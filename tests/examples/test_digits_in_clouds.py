"""The cloud stacks of this repository: rehearsed whole, then the digits example on their stores.

A rehearsed `up` yields the manifest; the store that it names is a real server on loopback, told of
by the environment, as with every endpoint that is not the cloud's own. Nothing else differs from
running in the cloud, and nothing but the stack's name from running here.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from dropping_proxy import DroppingProxy
from fairlead.binding import Stack
from fairlead.loading import load_pipeline
from fairlead.manifests import read_manifest
from fairlead.verification import ASPECTS, compare_runs
from fairlead_components.engine.projects import find_project
from fairlead_components.provider.manifest_publication import ManifestPublicationHandler
from fairlead_components.provider.wire import UNKNOWN
from fairlead_components.rehearsal.cycle import Rehearsal, rehearse
from fairlead_policies.checks import run_checks
from fairlead_policies.inventory import parse_inventory
from fairlead_policies.preflight.aws import Policy, Request
from fairlead_policies.preflight.check import run as run_preflight
from fairlead_policies.settings import read_settings
from storage_servers import Server, azurite, fake_gcs, make_bucket, use, versitygw

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "pipelines/examples/digits.py"
#: What a team could not make again, and therefore finds in place after `destroy`.
KEPT = {
    "aws": {"key", "artifact-store", "artifact-store-policy", "container-registry"},
    "gcp": {"key", "key-ring", "artifact-store", "artifact-store-key", "container-registry"},
    "azure": {"key", "key-vault", "artifact-store", "artifact-store-key", "container-registry"},
}
CLOUDS = tuple(KEPT)
SERVERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "aws": lambda folder: versitygw(folder, region="eu-central-1"),
    "gcp": fake_gcs,
    "azure": azurite,
}
PROTOCOLS = {"aws": "s3", "gcp": "gs", "azure": "abfs"}
ONCE = {"runs", "manifests", "bundles", "cache"}
LARGE = 40 << 20


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Rehearsal]:
    """Rehearse a stack's whole life, once; its local data would lie in a folder of the tests."""
    folder = tmp_path_factory.mktemp("checkout") / "stacks"
    folder.mkdir()
    (folder.parent / ".venv").symlink_to(sys.prefix)
    for path in [*(ROOT / "stacks").glob("Pulumi*.yaml"), ROOT / "stacks/__main__.py"]:
        shutil.copy(path, folder)
    return cache(lambda stack: rehearse(find_project(folder), stack, up=True))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_stack_is_made_unchanged_and_its_data_outlives_it(
    cloud: str, rehearsed: Callable[[str], Rehearsal]
) -> None:
    result = rehearsed(cloud)
    assert result.ok, result.phases
    phases = {phase.name: phase for phase in result.phases}
    assert set(phases["second up"].changes) == set(phases["refresh"].changes) == {"same"}
    assert result.state is not None
    kept = {one.name for one in result.state.resources if one.retainOnDelete and one.protect}
    assert kept >= KEPT[cloud]
    assert phases["destroy"].changes["retain"] >= len(kept)


def test_one_key_is_for_all_and_roles_know_the_bucket_before_it_is_there(
    rehearsed: Callable[[str], Rehearsal],
) -> None:
    resources = rehearsed("aws").plan.resources
    (manifest,) = (one for one in resources if one.name == "manifest")
    assert any(urn.endswith("::artifact-store-logging") for urn in manifest.upstream())
    assert [one.name for one in resources if one.type == "aws:kms/key:Key"] == ["key"]
    policies = {
        one.name: one.inputs["policy"]
        for one in resources
        if one.type == "aws:iam/rolePolicy:RolePolicy"
    }
    known = {name for name, policy in policies.items() if UNKNOWN not in policy}
    assert known == {name for name in policies if not name.endswith("-key")}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_control_that_applies_passes_and_every_permission_is_used(
    cloud: str, rehearsed: Callable[[str], Rehearsal]
) -> None:
    result = rehearsed(cloud)
    assert result.state is not None
    plan, made = (
        parse_inventory(json.dumps({"resources": part.to_data()}).encode(), cloud)
        for part in (result.plan, result.state)
    )
    inventory = replace(plan, made=made)
    settings = read_settings(ROOT / "stacks/fairlead-policies.yaml")
    found = run_checks(inventory, settings)
    assert len({one.control for one in found}) > 5
    assert [one for one in found if one.result != "pass"] == []
    preflight = run_preflight(inventory, settings)
    assert preflight is not None
    assert len(preflight.identities) == 7
    for one in preflight.identities:
        assert one.checked
        assert (one.problem, one.unused, one.wide) == ("", [], [])
        assert {checked.decision.outcome.value for checked in one.checked} == {"allowed"}


@dataclass(frozen=True)
class Write:
    """One request that makes an object, or a part of one."""

    path: str
    part: bool
    once: bool  # refused where there is an object already
    headers: dict[str, str]


def writes(cloud: str, heads: list[bytes]) -> Iterator[Write]:
    """Yield what was written, in the words of a cloud's protocol; nothing may be deleted."""
    for head in heads:
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)
        }
        url = urlsplit(target)
        query = {
            name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()
        }
        path = unquote(url.path).strip("/").split("/", 2 if cloud == "azure" else 1)[-1]
        assert method != "DELETE", first
        if method not in {"PUT", "POST"}:
            continue
        once = headers.get("if-none-match") == "*"
        if cloud == "gcp":
            if "upload_id" not in query:  # parts that follow the request which began an upload
                once = query.get("ifGenerationMatch") == "0"  # its name is in the body
                yield Write(query.get("name", ""), part=False, once=once, headers=headers)
        elif cloud == "azure":
            yield Write(path, query.get("comp") == "block", once, headers)
        else:
            yield Write(path, "partNumber" in query or "uploads" in query, once, headers)


def prepare(result: Rehearsal) -> dict[str, Any]:
    """Make what a real `up` makes on this machine, and return the inputs of the publication."""
    assert result.state is not None
    for one in result.state.resources:
        if one.type == "fairlead:index:Directory":
            Path(one.outputs["path"]).mkdir(parents=True, exist_ok=True)
    (publication,) = (one for one in result.state.resources if one.name == "manifest")
    return dict(publication.inputs)


@pytest.fixture(scope="module")
def here(rehearsed: Callable[[str], Rehearsal]) -> Any:
    """Run the example on the local stack."""
    training = load_pipeline(EXAMPLE, "training")
    published = prepare(rehearsed("local"))
    ManifestPublicationHandler().create(published)
    found = read_manifest(f"{published['store']}/manifests/current/1-local.json")
    return training.run(manifest=found, cache=False)


@pytest.mark.server
@pytest.mark.parametrize("cloud", CLOUDS)
def test_digits_runs_to_the_same_as_here_and_overwrites_nothing(
    cloud: str, rehearsed: Any, here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = load_pipeline(EXAMPLE, "training")
    published = prepare(rehearsed(cloud))
    with SERVERS[cloud](tmp_path) as server:
        use(monkeypatch, server)
        bucket = published["store"].partition("://")[2]
        make_bucket(server, PROTOCOLS[cloud], bucket)
        proxy = DroppingProxy("127.0.0.1", server.port, every=1 << 60)
        through = {
            name: value.replace(f":{server.port}", f":{proxy.port}")
            for name, value in server.environment.items()
        }
        use(monkeypatch, replace(server, environment=through))

        ManifestPublicationHandler().create(published)
        manifest = read_manifest(f"{published['store']}/manifests/current/1-{cloud}.json")
        assert manifest.components["artifact_store"]["allow_pickle"] is False
        there = training.run(manifest=manifest, cache=False)
        large = tmp_path / "large"
        large.write_bytes(b"fairlead" * (LARGE // 8))
        objects = Stack(manifest).objects
        assert objects.put_new("bundles/large", large) is True
        names = {one.path for one in objects.list("")}

        assert {step.state for step in there} == {"succeeded"}
        compared = compare_runs({"local": here, cloud: there})
        assert [one for one in compared.findings if one.verdict != "equal"] == []
        assert {one.aspect for one in compared.findings} == set(ASPECTS)
        proxy.close()

    made = list(writes(cloud, proxy.heads))
    whole = [one for one in made if not one.part]
    assert {name.partition("/")[0] for name in names} == {*ONCE, "artifacts"}
    assert len(whole) >= len(names)
    assert {one.path for one in whole} == names or cloud == "gcp"
    assert [one.path for one in whole if not one.once] == []
    if cloud == "aws":
        assert any(one.part for one in made)
        allowed_by_its_policy(made, bucket, rehearsed(cloud))


def allowed_by_its_policy(made: list[Write], bucket: str, result: Rehearsal) -> None:
    """The bucket's own policy refuses none of these requests, and each without its condition."""
    assert result.state is not None
    (document,) = (
        one.inputs["policy"]
        for one in result.state.resources
        if one.name == "artifact-store-policy"
    )
    policy = Policy(document)
    for one in made:
        names = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
        context: dict[str, Any] = {
            "aws:SecureTransport": "true",
            "s3:if-none-match": one.headers.get("if-none-match"),
            "s3:ObjectCreationOperation": "false" if one.part else "true",
            **{f"s3:{name}": one.headers.get(name) for name in names},
        }
        request = Request(
            "arn:aws:iam::123456789012:role/fairlead-aws-step", "s3:PutObject",
            f"arn:aws:s3:::{bucket}/{one.path}", context, complete=True,
        )  # fmt: skip
        assert policy.says("Deny", request, "any") is False, one
        if not one.part:
            bare = replace(request, context={**context, "s3:if-none-match": None})
            refused = one.path.partition("/")[0] in ONCE
            assert policy.says("Deny", bare, "any") is refused
