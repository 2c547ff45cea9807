"""An image is built by a real builder, pushed to a real registry, and found by its lock."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.binding import Stack
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import BackendError, CapabilityError, ConfigError
from fairlead.images.build import build_image, find_image
from fairlead.images.builders import Builder, credentials, find_builder
from fairlead.images.oci_registry import OciRegistry
from fairlead.images.plan import containerfile, plan
from image_tools import Workshop, workshop


def stack(folder: Path, registry: str = "127.0.0.1:1", base: str = "base") -> Stack:
    pods = {"namespace": "ml", "service_account": "runner"}
    components = {
        "artifact_store": {"flavor": "s3", "url": "s3://ml"},
        "container_registry": {"flavor": "oci", "uri": f"{registry}/team", "insecure": True},
        "image_builder": {"flavor": "local", "repository": "steps", "base_image": base},
        "orchestrator": {"flavor": "kubernetes", "pods": pods},
    }
    return Stack(StackManifest.build("remote", "kubernetes", components))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "requirements.lock").write_text("six==1.17.0\n")
    return root


def test_the_tag_follows_from_lock_and_base_not_from_code(project: Path) -> None:
    first = plan(stack(project), project)
    (project / "train.py").write_text("print()")
    assert plan(stack(project), project).tag == first.tag
    assert plan(stack(project, base="other"), project).tag != first.tag
    (project / "requirements.lock").write_text("six==1.16.0\n")
    assert plan(stack(project), project).tag != first.tag
    assert first.needs == ("kubernetes", "s3fs")


def test_nothing_is_run_and_nobody_is_root() -> None:
    text = containerfile("base@sha256:1", "lock-1")
    assert text.startswith("FROM base@sha256:1\n")
    assert "RUN" not in text
    assert "USER 65532:65532" in text


@pytest.mark.parametrize(
    ("builder", "push"),
    [
        ("docker", ["docker", "push", "r/i:1"]),
        ("podman", ["podman", "push", "--tls-verify=false", "r/i:1"]),
        ("buildah", ["buildah", "push", "--tls-verify=false", "r/i:1"]),
    ],
)
def test_each_builder_is_called_in_its_own_way(builder: str, push: list[str]) -> None:
    build, pushed = Builder((builder,)).commands(Path("/x"), "r/i:1", insecure=True)
    assert build[1] == "build"
    assert build[-1] == "/x"
    assert pushed == push


def test_what_is_missing_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FAIRLEAD_BUILDER", raising=False)
    with pytest.raises(BackendError, match=r"buildah is not installed.*FAIRLEAD_BUILDER"):
        find_builder()
    with pytest.raises(BackendError, match=r"registry 127\.0\.0\.1:1 cannot be reached"):
        find_image(stack(project), project)
    bare = stack(project).manifest.components
    without = {kind: bare[kind] for kind in ("artifact_store", "orchestrator")}
    with pytest.raises(CapabilityError, match="no container_registry"):
        plan(Stack(StackManifest.build("bare", "kubernetes", without)), project)
    (project / "requirements.lock").unlink()
    with pytest.raises(ConfigError, match="no lock file"):
        plan(stack(project), project)


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("workshop"), asks=True) as found:
        yield found


def _get(url: str, accept: str) -> Any:
    known = credentials(url.partition("/")[0])
    assert known is not None
    basic = base64.b64encode(":".join(known).encode()).decode()
    headers = {"Accept": accept, "Authorization": f"Basic {basic}"}
    asked = urllib.request.Request(f"http://{url}", headers=headers)
    with urllib.request.urlopen(asked) as answer:
        return json.loads(answer.read())


@pytest.mark.server
@pytest.mark.slow
def test_an_image_is_built_once_for_each_lock(
    built_in: Workshop, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in built_in.environment.items():
        monkeypatch.setenv(name, value)
    bound = stack(project, built_in.registry, built_in.base)
    with pytest.raises(BackendError, match="fairlead image build -s remote"):
        find_image(bound, project)
    made = build_image(bound, project)
    assert made.built
    assert find_image(bound, project) == made.pinned
    (project / "train.py").write_text("changed = True")
    again = build_image(bound, project)
    assert not again.built
    assert again.pinned == made.pinned
    root = f"{built_in.registry}/v2/team/steps"
    oci = "application/vnd.oci.image.manifest.v1+json"
    digest = made.pinned.partition("@")[2]
    config = _get(f"{root}/manifests/{digest}", oci)["config"]["digest"]
    settings = _get(f"{root}/blobs/{config}", "*/*")["config"]
    assert settings["User"] == "65532:65532"
    bill = _get(f"{root}/manifests/{made.bill}", oci)
    assert bill["subject"]["digest"] == digest
    listed = _get(f"{root}/blobs/{bill['layers'][0]['digest']}", "*/*")
    names = {component["name"] for component in listed["components"]}
    assert {"six", "fairlead", "kubernetes", "s3fs"} <= names


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("login", ["none", "wrong"])
def test_a_registry_that_asks_who_one_is(
    built_in: Workshop, project: Path, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    """Docker's and Podman's logins are honoured; without one, the message says how to log in."""
    for name, value in built_in.environment.items():
        monkeypatch.setenv(name, value)
    wrong = base64.b64encode(b"ann:wrong").decode()
    auths = {} if login == "none" else {built_in.registry: {"auth": wrong}}
    folder = project.parent / "docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": auths}))
    monkeypatch.delenv("REGISTRY_AUTH_FILE")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    bound = stack(project, built_in.registry, built_in.base)
    with pytest.raises(BackendError, match=f"docker login {built_in.registry}"):
        find_image(bound, project)
    content = Path(built_in.environment["REGISTRY_AUTH_FILE"]).read_text()
    (folder / "config.json").write_text(content)
    assert OciRegistry(f"{built_in.registry}/python", insecure=True).digest("3.11")


@pytest.mark.server
@pytest.mark.slow
def test_a_failing_builder_says_why(
    built_in: Workshop, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in built_in.environment.items():
        monkeypatch.setenv(name, value)
    bound = stack(project, built_in.registry, f"{built_in.registry}/nothing:1")
    with pytest.raises(BackendError, match="failed"):
        build_image(bound, project)
