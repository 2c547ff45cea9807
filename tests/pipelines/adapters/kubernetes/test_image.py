"""A cluster runs steps in the image that a stack's lock was built into; code needs no new one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.binding import Stack
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import BackendError
from fairlead.images.build import build_image
from fairlead.loading import load_pipeline
from image_tools import Workshop, workshop
from kubernetes_stacks import ROOT, KubernetesStack

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

CODE = """
from fairlead import pipeline, step

@step
def answer() -> int:
    return {value}

@pipeline
def asking() -> None:
    answer()
"""


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("workshop")) as found:
        yield found


def _lock() -> str:
    """Return the pins of what Fairlead itself needs."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = [re.split(r"[\[>=<]", line)[0] for line in wanted]
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line
    )
    return "".join(f"{name}=={pins[name]}\n" for name in names)


def test_steps_run_in_the_built_image(
    kubernetes_stack: KubernetesStack,
    built_in: Workshop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in built_in.environment.items():
        monkeypatch.setenv(name, value)
    components: dict[str, Any] = dict(kubernetes_stack.manifest().components)
    orchestrator = {**components["orchestrator"], "image": None}
    default = {**components["step_operators"]["default"], "image": None}
    registry = {"flavor": "oci", "uri": f"{built_in.registry}/team", "insecure": True}
    components |= {
        "orchestrator": orchestrator,
        "step_operators": {"default": default},
        "container_registry": registry,
        "image_builder": {"flavor": "local", "base_image": built_in.base},
    }
    manifest = StackManifest.build("pulled", "kubernetes", components)
    (tmp_path / "requirements.lock").write_text(_lock())
    first = tmp_path / "asking_first.py"
    first.write_text(CODE.format(value=41))
    with pytest.raises(BackendError, match="fairlead image build -s pulled"):
        load_pipeline(first).run(manifest=manifest)
    made = build_image(Stack(manifest), tmp_path)
    run = load_pipeline(first).run(manifest=manifest)
    assert run["answer"].output.load() == 41
    assert run.record.image == made.pinned
    second = tmp_path / "asking_second.py"
    second.write_text(CODE.format(value=42))
    again = load_pipeline(second).run(manifest=manifest)
    assert again["answer"].output.load() == 42
    assert again.record.image == made.pinned
