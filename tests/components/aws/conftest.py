"""Components on AWS in the real engine, with a stand-in for the cloud."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairlead_components.engine.projects import find_project
from fairlead_components.rehearsal.cycle import Rehearsal, rehearse


class Resources:
    """What a rehearsed program consists of, after ``up``."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        assert rehearsal.ok, rehearsal.phases
        self.rehearsal = rehearsal
        self.state = rehearsal.state
        assert self.state is not None

    def of(self, kind: str) -> dict[str, Any]:
        """Return the inputs of the resources of a type, by name, as they are after `up`."""
        found = [r for r in self.state.resources if r.type.rpartition(":")[2] == kind]
        return {r.name: dict(r.inputs) for r in found}

    def outputs(self) -> dict[str, Any]:
        (stack,) = (r for r in self.state.resources if r.type == "pulumi:pulumi:Stack")
        return dict(stack.outputs)

    def kept(self) -> set[str]:
        return {r.type.rpartition(":")[2] for r in self.state.resources if r.retainOnDelete}


@pytest.fixture
def rehearsed(tmp_path: Path) -> Callable[..., Resources]:
    """Rehearse a program's whole life; the second `up` is unchanged, or it is an error."""

    def run(program: str) -> Resources:
        (tmp_path / "Pulumi.yaml").write_text(
            f"name: ml\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        )
        (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-central-1}\n")
        (tmp_path / "__main__.py").write_text("import pulumi\n" + textwrap.dedent(program))
        return Resources(rehearse(find_project(tmp_path), "dev", up=True))

    return run


@pytest.fixture
def statements() -> Callable[[str], dict[str, Any]]:
    """Read a policy document: its statements by their Sid."""

    def read(text: str) -> dict[str, Any]:
        return {one.get("Sid", ""): one for one in json.loads(text)["Statement"]}

    return read
