"""The local stack by the real engine: made, unchanged, drifted, mended, moved, destroyed."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead.contracts.manifest import StackManifest
from fairlead.manifests import published_manifest

pytestmark = pytest.mark.engine

FULL = {
    "provider": "local",
    "components": {
        "artifact_store": {}, "orchestrator": {},
        "step_operators": {"default": {}, "big": {"cpu": 2}},
        "experiment_tracker": {}, "model_registry": {}, "secret_store": {}, "identity": {},
    },
}  # fmt: skip
SMALL = {"provider": "local", "components": {"artifact_store": {}, "secret_store": {}}}


def data(project: Any, stack: str) -> Path:
    folder: Path = project.folder / ".state/data" / stack
    return folder


def test_a_stack_is_made_once_and_then_found_unchanged(project: Any) -> None:
    project.stack("local", FULL)
    assert project.update("up", "local") == {"create": 15}
    second = project.update("up", "local")
    assert set(second) == {"same"}
    assert second["same"] >= 15

    manifest = StackManifest.model_validate(project.manifest("local"))
    folder = data(project, "local")
    assert manifest.components["artifact_store"]["url"] == (folder / "artifacts").as_uri()
    assert manifest.components["step_operators"]["big"] == {
        "flavor": "local", "version": "1.0", "cpu": 2,
    }  # fmt: skip
    tracker, registry = (manifest.components[k] for k in ("experiment_tracker", "model_registry"))
    assert tracker["tracking_uri"] == f"sqlite:///{folder}/mlflow/mlflow.db"
    assert registry["registry_uri"] == tracker["tracking_uri"]
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    assert published_manifest((folder / "artifacts").as_uri(), "local") == manifest

    holding_data = [r for r in project.resources("local") if r["type"].endswith(":Directory")]
    assert len(holding_data) == 5
    assert all(r["protect"] and r["retainOnDelete"] for r in holding_data)


def test_what_was_changed_by_hand_is_shown_and_mended(project: Any) -> None:
    project.stack("local", SMALL)
    project.update("up", "local")
    folder = data(project, "local")
    shutil.rmtree(folder / "artifacts")
    (folder / "secrets").chmod(0o755)

    shown = project.pulumi("refresh", "-s", "local", "--preview-only", "--diff")
    assert f"{folder}/artifacts" in shown
    assert '"0700" => "0755"' in shown

    # The manifest that lay in the removed folder is published again too.
    assert project.update("up", "local")["create"] == 2
    assert (folder / "artifacts/manifests/current/1-local.json").exists()
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    assert set(project.update("refresh", "local")) == {"same"}


def test_stacks_side_by_side_share_nothing_even_below_one_root(
    project: Any, tmp_path: Path
) -> None:
    root = tmp_path / "shared"
    for stack in ("local", "staging"):
        project.stack(stack, {**SMALL, "root": str(root)})
        project.update("up", stack)
    assert {path.name for path in root.iterdir()} == {"local", "staging"}
    first, second = (json.dumps(project.manifest(stack)) for stack in ("local", "staging"))
    assert f"{root}/local/" in first
    assert f"{root}/staging/" not in first
    assert f"{root}/staging/" in second
    assert f"{root}/local/" not in second

    # Protection can be configured off; what one stack loses by that, the other does not.
    project.pulumi("config", "set", "fairlead:protect", "false", "-s", "staging")
    project.update("up", "staging")
    project.update("destroy", "staging")
    assert project.resources("staging") == []
    assert (root / "staging/secrets").is_dir()
    assert set(project.update("up", "local")) == {"same"}


def test_destroy_is_refused_while_protected_and_keeps_data_after(project: Any) -> None:
    project.stack("local", SMALL)
    project.update("up", "local")
    kept = data(project, "local") / "artifacts/runs/run.json"
    kept.parent.mkdir()
    kept.write_text("{}")
    refused = project.pulumi("destroy", "-s", "local", "--yes", "--skip-preview", ok=False)
    assert "protected" in refused

    project.pulumi("state", "unprotect", "--all", "--yes", "-s", "local")
    project.update("destroy", "local")
    assert project.resources("local") == []
    assert kept.exists()
    # What was kept is taken up again.
    project.update("up", "local")
    assert kept.exists()


def test_a_moved_checkout_takes_its_data_along(project: Any, tmp_path: Path) -> None:
    project.stack("local", SMALL)
    project.update("up", "local")
    (data(project, "local") / "secrets/hub").write_text("x")
    project.folder = project.folder.rename(tmp_path / "elsewhere")
    project.update("up", "local")
    assert (data(project, "local") / "secrets/hub").exists()
    assert project.manifest("local")["components"]["secret_store"]["path"] == str(
        data(project, "local") / "secrets"
    )
    assert set(project.update("up", "local")) == {"same"}


def test_every_mistake_is_told_at_once_before_anything_is_made(project: Any) -> None:
    wrong = {
        "artifact_store": {"pathh": "/x"},
        "secret_sore": {},
        "orchestrator": {"parallelism": 0},
    }
    project.stack("local", {"provider": "local", "components": wrong})
    told = project.pulumi("up", "-s", "local", "--yes", "--skip-preview", ok=False)
    assert "fairlead:components.artifact_store.pathh: unknown key; did you mean 'path'?" in told
    assert "fairlead:components.secret_sore: unknown kind; did you mean 'secret_store'?" in told
    assert "fairlead:components.orchestrator.parallelism: input should be greater" in told
    assert "Traceback" not in told
    assert {r["type"] for r in project.resources("local")} == {"pulumi:pulumi:Stack"}
    assert not data(project, "local").exists()

    # An encrypted value would be readable in the manifest: refused, and repeated nowhere.
    right = ["-s", "local", "--path", "fairlead:components.secret_store.path"]
    project.pulumi("config", "set", "--secret", *right, "hunter2-canary")
    told = project.pulumi("up", "-s", "local", "--yes", "--skip-preview", ok=False)
    assert "fairlead:components: holds an encrypted value" in told
    written = [path for path in project.folder.rglob("*") if path.is_file()]
    assert not any(b"hunter2-canary" in path.read_bytes() for path in written)
    assert "hunter2-canary" not in told


def test_what_cannot_be_made_says_why(project: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    components = {"artifact_store": {"path": str(tmp_path / "file")}}
    project.stack("local", {"provider": "local", "components": components})
    told = project.pulumi("up", "-s", "local", "--yes", "--skip-preview", ok=False)
    assert f"{tmp_path}/file is a file: move it away, or name another path" in told


def test_an_existing_folder_is_adopted_and_never_owned(project: Any, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    components = {"artifact_store": {"existing": {"path": str(theirs)}, "allow_pickle": False}}
    project.stack("local", {"provider": "local", "components": components})
    project.update("up", "local")
    store = project.manifest("local")["components"]["artifact_store"]
    assert store == {
        "flavor": "local", "version": "1.0", "url": theirs.as_uri(), "allow_pickle": False,
    }  # fmt: skip
    assert not any(r["type"].endswith(":Directory") for r in project.resources("local"))
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o755


def test_the_committed_stacks_hold_nothing_secret() -> None:
    stacks = Path(__file__).parents[3] / "stacks"
    for path in stacks.glob("Pulumi.*.yaml"):
        text = path.read_text()
        assert "secure:" not in text
        assert yaml.safe_load(text)["encryptionsalt"].startswith("v1:")
