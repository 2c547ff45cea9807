"""Fixtures for tests of what reads runs back: a bound stack with an empty store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.binding import Stack
from fairlead.contracts.manifest import StackManifest
from fairlead.store.records import AttemptReference
from fairlead.testing.recorded_run import RecordedRun

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4"/></svg>'
)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Bind to a stack with an empty local store; the environment names its manifest."""
    store = {"flavor": "local", "url": (tmp_path / "store").as_uri(), "allow_pickle": True}
    components = {
        "artifact_store": store,
        "orchestrator": {"flavor": "local"},
        "step_operators": {"default": {"flavor": "local"}},
    }
    manifest = StackManifest.build("test", "local", components)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest.document()))
    monkeypatch.setenv("FAIRLEAD_MANIFEST", str(path))
    monkeypatch.setenv("FAIRLEAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("FAIRLEAD_STACK", raising=False)
    monkeypatch.chdir(tmp_path)
    return Stack(manifest)


@pytest.fixture
def training(stack: Stack) -> RecordedRun:
    """Record a run that succeeded: load → split → two trainings → evaluate."""
    run = RecordedRun(
        stack.artifacts, parameters={"depths": [1, 2]}, tags={"team": "vision"}, stack="test"
    )
    run.step("load", inputs={"year": 2026}, outputs={"output": [1, 2, 3]}, log="loading\n")
    run.step("split", inputs={"rows": "load.output"}, outputs={"train": [1, 3], "test": [2]})
    for name in ("train", "train_2"):
        run.step(
            name,
            inputs={"rows": "split.train", "depth": len(name)},
            outputs={"output": {"weight": len(name) / 2}},
            metrics={"loss": 1 / len(name)},
            seconds=2.0,
        )
    run.step(
        "evaluate",
        inputs={"first": "train.output", "second": "train_2.output", "rows": "split.test"},
        outputs={"output": 0.97},
        metrics={"accuracy": 0.97},
        figures={"confusion": SVG},
    )
    run.write()
    return run


@pytest.fixture
def cached(stack: Stack, training: RecordedRun) -> RecordedRun:
    """Record a run after it whose first three steps were cached; a fourth read their results."""
    run = RecordedRun(stack.artifacts, parameters={"depths": [1]}, stack="test")
    for name, outputs in (
        ("load", {"output": [1, 2, 3]}),
        ("split", {"train": [1, 3], "test": [2]}),
        ("train", {"output": {"weight": 2.5}}),
    ):
        made_by = AttemptReference(run=training.run, step=name, attempt=1)
        inputs = {"rows": "load.output"} if name == "split" else {}
        run.step(name, inputs=inputs, outputs=outputs, state="cached", cached_from=made_by)
    run.step("publish", inputs={"model": "train.output"}, outputs={"output": "done"})
    run.write()
    return run
