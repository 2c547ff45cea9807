"""Another package's flavors from the stack's config to artifacts that are read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.binding import bind
from fairlead.contracts.manifest import StackManifest
from fairlead.testing.semantics import arithmetic

PACKAGE = Path(__file__).parent / "package"

PIPELINE = """
from dataclasses import dataclass
from fairlead import pipeline, step

@dataclass
class Model:
    weights: list[float]

@step
def train(depth: int) -> Model:
    return Model([1.0] * depth)

@step
def evaluate(model: Model) -> float:
    return sum(model.weights)

@pipeline
def training(depth: int = 3) -> None:
    evaluate(train(depth))
"""


def test_every_file_is_short() -> None:
    for file in (PACKAGE / "fairlead_shelf").glob("*.py"):
        lines = [line for line in file.read_text().splitlines() if line.strip()]
        assert len(lines) < 60, file.name
        assert all(len(line) <= 105 for line in lines), file.name


def test_the_guide_shows_this_very_code() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "extending.md").read_text()
    for name in ("store.py", "orchestrator.py", "components.py"):
        assert (PACKAGE / "fairlead_shelf" / name).read_text().strip() in guide, name
    entry_points = (PACKAGE / "pyproject.toml").read_text().partition("[project.entry-points")
    assert (entry_points[1] + entry_points[2]).strip() in guide


def test_a_run_on_a_manifest_by_hand(shelf_stack: StackManifest) -> None:
    run = arithmetic.run(manifest=shelf_stack, start=4)
    assert run["total"].output.load() == 4 + 5 + 6 + 3 + 0
    stack = bind(manifest=shelf_stack)
    assert type(stack.objects).__name__ == "ShelfObjects"
    assert stack.objects.exists(run.layout.end)
    assert not [path for path in Path(stack.objects.url[8:]).parent.iterdir() if path.is_dir()
                and path.name in {"runs", "artifacts"}]  # fmt: skip
    assert all(step.state == "cached" for step in arithmetic.run(manifest=shelf_stack, start=4))


@pytest.mark.engine
def test_from_config_to_artifacts(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "train.py").write_text(PIPELINE)
    (tmp_path / "stacks" / "Pulumi.yaml").write_text(
        'name: extended\nruntime: python\nbackend: {url: "file://./.state?create_dir=true"}\n'
    )
    (tmp_path / "stacks" / "__main__.py").write_text(
        "from fairlead_components.stack import provision\n\nprovision()\n"
    )
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(
        "config:\n  fairlead:provider: local\n  fairlead:components:\n"
        "    artifact_store: {flavor: shelf}\n    orchestrator: {flavor: spawn, parallelism: 2}\n"
    )

    def fairlead(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fairlead.cli.main", *command], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(shelf), "PULUMI_HOME": str(tmp_path / "home")},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    fairlead("up", "dev", "--yes")
    run = json.loads(fairlead("run", "train.py", "-s", "dev", "-p", "depth=5", "--json"))
    assert run["state"] == "succeeded"
    assert "5.0" in fairlead("artifacts", "show", f"{run['id']}/evaluate/output", "-s", "dev")
    assert (tmp_path / "stacks" / ".state" / "data" / "dev" / "shelf" / "objects.db").is_file()
    assert "2 cached" in fairlead("run", "train.py", "-s", "dev", "-p", "depth=5")
    assert "unchanged" in fairlead("up", "dev", "--yes")
