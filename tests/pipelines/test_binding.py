"""Binding finds a stack's manifest wherever it may be, and says clearly what is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fairlead.binding import Stack, bind, stacks
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import (
    CapabilityError,
    EngineNotFoundError,
    ManifestError,
    StackNotFoundError,
    UnknownFlavorError,
)
from fairlead.manifests import FRESH_FOR
from fairlead.stack_outputs import StackOutputs, engine
from fairlead.store.objects import open_objects

BACKEND = "file://./.state?create_dir=true"


def manifest(
    stack: str = "local", url: str = "file:///tmp/fairlead-test", **more: Any
) -> StackManifest:
    components = {"artifact_store": {"flavor": "local", "url": url}, **more}
    return StackManifest.build(stack, "local", components)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FAIRLEAD_MANIFEST", "FAIRLEAD_STACK", "FAIRLEAD_STORE", "PULUMI_BACKEND_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_ENGINE", "/nowhere/pulumi")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "stacks"
    folder.mkdir()
    text = f'name: demo\nruntime: yaml\nresources: {{}}\nbackend: {{url: "{BACKEND}"}}\n'
    (folder / "Pulumi.yaml").write_text(text)
    # Encrypts nothing: it only spares the engine's question for a passphrase.
    salt = "v1:nAMxerLNoKQ=:v1:cqzhYxodv7TeVKXl:gcRJmEntKttWmSNrO1B8hLucJwUNnw=="
    for name in ("local", "staging"):
        (folder / f"Pulumi.{name}.yaml").write_text(f"encryptionsalt: {salt}\n")
    return tmp_path


def keep(project: Path, document: dict[str, Any], state: str = "{}") -> Path:
    """Leave what a bind to a provisioned stack leaves, without an engine."""
    from fairlead.manifests import _keep, _origin

    outputs = StackOutputs(project / "stacks")
    file = outputs.state_file(document["stack"])
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(state)
    kept = project / ".fairlead/manifests" / f"{document['stack']}.json"
    _keep(kept, {"origin": _origin(outputs, file), "read": time.time(), "manifest": document})
    return kept


class TestGiven:
    def test_an_object_a_path_a_uri_and_the_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "stack.json"
        path.write_text(json.dumps(manifest().document()))
        for given in (manifest(), path, str(path), path.as_uri()):
            assert bind(manifest=given).digest == manifest().digest
        monkeypatch.setenv("FAIRLEAD_MANIFEST", str(path))
        assert bind().name == "local"
        with pytest.raises(ManifestError, match=r"is of the stack 'local'.*'aws' is asked for"):
            bind("aws")

    def test_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ManifestError, match=r"nothing\.json cannot be read: No such file"):
            bind(manifest=tmp_path / "nothing.json")
        with pytest.raises(ManifestError, match="There is no manifest at file://"):
            bind(manifest=(tmp_path / "nothing.json").as_uri())

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda d: "{", "is not JSON: Expecting property name"),
            (lambda d: json.dumps([]), "a manifest is a JSON object"),
            (lambda d: json.dumps(d | {"schema": "2.0"}), "schema 2.0 is not readable.*upgrade"),
            (lambda d: json.dumps(d | {"provider": "aws"}), "the digest is sha256:.*was edited"),
            (lambda d: json.dumps({"stack": "x", "provider": "y"}), "components: Field required"),
            (
                lambda d: json.dumps({"stack": "x", "provider": "y", "components": {"key": 1}}),
                "components.key: Input should be a valid dictionary",
            ),
        ],
        ids=["no JSON", "a list", "future", "edited", "incomplete", "wrong type"],
    )
    def test_malformed_ones_say_where(self, tmp_path: Path, change: Any, says: str) -> None:
        path = tmp_path / "stack.json"
        path.write_text(change(manifest().document()))
        with pytest.raises(ManifestError, match=says) as caught:
            bind(manifest=path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_keys_of_a_later_minor_version_are_ignored(self, tmp_path: Path) -> None:
        document = manifest().document() | {"schema": "1.7", "new": {"x": 1}}
        document["components"]["artifact_store"]["later"] = True
        document.pop("digest")
        path = tmp_path / "stack.json"
        path.write_text(json.dumps(document))
        assert bind(manifest=path).contract("artifact_store") is not None


class TestPublished:
    def test_the_highest_number_counts(self, tmp_path: Path) -> None:
        url = tmp_path.as_uri()
        objects = open_objects(url)
        for number, later in ((9, False), (10, True)):
            document = manifest(later={"flavor": "x"} if later else {"flavor": "y"}).document()
            objects.put_new(f"manifests/current/{number}-local.json", json.dumps(document).encode())
        assert bind("local", store=url).manifest.components["later"] == {"flavor": "x"}
        assert bind(store=url).name == "local"
        with pytest.raises(StackNotFoundError, match=r"did you mean 'local'\? Stacks: local"):
            bind("loca", store=url)


class TestKept:
    def test_an_unchanged_stack_needs_no_engine(self, project: Path, no_engine: None) -> None:
        keep(project, manifest().document())
        (project / "deeper").mkdir()
        assert bind("local", project=project / "deeper").digest == manifest().digest
        assert (project / ".fairlead/.gitignore").read_text() == "*\n"

    @pytest.mark.parametrize("change", ["state", "project", "damage", "edit", "refresh", "backend"])
    def test_any_change_asks_the_engine(
        self, project: Path, no_engine: None, change: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = keep(project, manifest().document())
        if change == "state":
            next(project.glob("stacks/.state/.pulumi/stacks/demo/local.json")).write_text("{} ")
        elif change == "project":
            (project / "stacks/Pulumi.yaml").write_text(
                (project / "stacks/Pulumi.yaml").read_text() + "# moved\n"
            )
        elif change == "damage":
            kept.write_text("{")
        elif change == "edit":
            kept.write_text(kept.read_text().replace("fairlead-test", "elsewhere"))
        elif change == "backend":
            monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://elsewhere")
        with pytest.raises(EngineNotFoundError, match=r"/nowhere/pulumi.*--manifest FILE"):
            bind("local", project=project, refresh=change == "refresh")

    def test_without_a_state_file_it_counts_ten_minutes(
        self, project: Path, no_engine: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
        kept = keep(project, manifest().document())
        assert bind("local", project=project).name == "local"
        for age in (FRESH_FOR + 1, -60):
            content = json.loads(kept.read_text()) | {"read": time.time() - age}
            kept.write_text(json.dumps(content))
            with pytest.raises(EngineNotFoundError):
                bind("local", project=project)

    def test_a_copied_project_does_not_bind_to_the_originals_stack(
        self, project: Path, no_engine: None, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        keep(project, manifest().document())
        copy = tmp_path_factory.mktemp("copy") / "project"
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".state"))
        with pytest.raises(StackNotFoundError, match="not provisioned: run `fairlead up local`"):
            bind("local", project=copy)

    def test_a_project_that_cannot_be_written_to_still_binds(self, project: Path) -> None:
        from fairlead.manifests import _keep

        (project / ".fairlead").write_text("a file where the folder should be")
        _keep(project / ".fairlead/manifests/local.json", {})


class TestUnknown:
    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(StackNotFoundError, match="nowhere is not there"):
            bind("local", project=tmp_path / "nowhere")

    def test_no_project(self, tmp_path: Path) -> None:
        with pytest.raises(StackNotFoundError, match=r"has no stacks.*fairlead init"):
            bind("local", project=tmp_path)

    def test_configured_but_not_provisioned(self, project: Path) -> None:
        with pytest.raises(StackNotFoundError, match="not provisioned: run `fairlead up local`"):
            bind("local", project=project)

    def test_a_name_that_nobody_knows(self, project: Path) -> None:
        with pytest.raises(StackNotFoundError, match=r"mean 'staging'\? Stacks: local, staging"):
            bind("stagin", project=project)

    def test_no_name(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        keep(project, manifest().document())
        assert bind(project=project).name == "local"
        (project / "stacks/Pulumi.local.yaml").rename(project / "stacks/Pulumi.aws.yaml")
        with pytest.raises(StackNotFoundError, match=r"Say which stack.*: aws, staging"):
            bind(project=project)
        monkeypatch.setenv("FAIRLEAD_STACK", "staging")
        with pytest.raises(StackNotFoundError, match="'staging' is configured but not provisioned"):
            bind(project=project)

    def test_a_project_file_that_is_damaged(self, project: Path) -> None:
        (project / "stacks/Pulumi.yaml").write_text("name: [")
        with pytest.raises(ManifestError, match=r"Pulumi\.yaml: not a readable Pulumi project"):
            bind("local", project=project)


class TestStack:
    def test_components_are_opened_once(self, tmp_path: Path) -> None:
        stack = Stack(manifest(url=tmp_path.as_uri()))
        assert stack.adapter("artifact_store") is stack.adapter("artifact_store")
        assert stack.objects.url == tmp_path.as_uri()
        record = stack.artifacts.save([1, 2], pipeline="p", step="s", output="o")
        assert stack.artifacts.load(record) == [1, 2]
        assert stack.adapter("model_deployer") is None

    def test_without_an_artifact_store_nothing_binds(self) -> None:
        empty = StackManifest.build("aws", "aws", {"key": {"flavor": "kms", "key_id": "k"}})
        with pytest.raises(CapabilityError, match=r"no artifact_store; it has key.*Pulumi\.aws\.y"):
            Stack(empty)

    def test_step_operators(self) -> None:
        def operators(*names: str) -> Stack:
            return Stack(manifest(step_operators={name: {"flavor": "local"} for name in names}))

        assert operators("only").contract("step_operator") is not None
        assert operators("a", "b").contract("step_operator") is None
        assert operators("a", "default").contract("step_operator") is not None
        with pytest.raises(CapabilityError, match=r"no step_operators\.gpu; it has a, b\."):
            operators("a", "b").require("step_operator", "gpu")

    def test_a_flavor_that_is_not_installed_hinders_only_who_uses_it(self) -> None:
        stack = Stack(manifest(experiment_tracker={"flavor": "weights"}))
        with pytest.raises(UnknownFlavorError, match=r"'local' cannot be used.*tracker\.weights"):
            stack.adapter("experiment_tracker")

    @pytest.mark.parametrize(
        ("contract", "says"),
        [
            ({"flavor": "local"}, r"components\.secret_store\.path: Field required"),
            ({"path": "/x"}, r"malformed at components\.secret_store: .*`flavor`"),
            ({"flavor": "local", "path": "/x", "version": "2.0"}, "version 2.0.*upgrade"),
        ],
    )
    def test_a_malformed_contract_says_where(self, contract: dict[str, str], says: str) -> None:
        with pytest.raises(ManifestError, match=says):
            Stack(manifest(secret_store=contract)).contract("secret_store")


def provision(project: Path, name: str, outputs: dict[str, Any]) -> None:
    """Give a stack outputs through the engine itself, which has no program to run here."""
    environment = os.environ | {"PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_SKIP_UPDATE_CHECK": "1"}
    pulumi, where = str(engine()), ["--cwd", str(project / "stacks"), "--non-interactive"]

    def run(*arguments: str) -> None:
        subprocess.run([pulumi, *arguments, *where], env=environment, check=True)

    run("stack", "select", "--create", name)
    urn = f"urn:pulumi:{name}::demo::pulumi:pulumi:Stack::demo-{name}"
    top = {"urn": urn, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": outputs}
    exported = project / "state.json"
    run("stack", "export", "--stack", name, "--file", str(exported))
    document = json.loads(exported.read_text())
    document["deployment"]["resources"] = [top]
    exported.write_text(json.dumps(document))
    run("stack", "import", "--stack", name, "--file", str(exported))


@pytest.mark.engine
def test_the_engines_outputs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    provision(project, "local", {"fairlead": manifest().document()})
    assert bind("local", project=project).digest == manifest().digest
    with monkeypatch.context() as without:
        without.setenv("FAIRLEAD_ENGINE", "/nowhere/pulumi")
        assert bind("local", project=project).digest == manifest().digest

    changed = manifest(secret_store={"flavor": "local", "path": "/s"})
    provision(project, "local", {"fairlead": changed.document()})
    assert bind("local", project=project).digest == changed.digest

    provision(project, "staging", {})
    with pytest.raises(StackNotFoundError, match="'staging' is configured but not provisioned"):
        bind("staging", project=project)
    listed = {item.name: (item.configured, item.digest, item.problem) for item in stacks(project)}
    assert listed == {"local": (True, changed.digest, ""), "staging": (True, None, "")}


def test_binding_to_an_unchanged_stack_is_quick(project: Path) -> None:
    keep(project, manifest(url=(project / "store").as_uri()).document())
    code = """
import sys, time, fairlead
from pathlib import Path
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
start = time.process_time()
from fairlead.binding import bind
bind("local", project=Path(sys.argv[1])).objects
fresh = time.process_time() - start
start = time.process_time()
for _ in range(20):
    bind("local", project=Path(sys.argv[1])).objects
print(fresh * 1000, (time.process_time() - start) * 1000 / 20)
"""
    figures = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", code, str(project)], capture_output=True, text=True, check=True
        )
        figures.append(tuple(map(float, done.stdout.split())))
    fresh, warm = map(min, zip(*figures, strict=True))
    assert fresh <= 50
    assert warm <= 5
