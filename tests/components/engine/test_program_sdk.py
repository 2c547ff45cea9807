"""A program without Pulumi's SDK is refused with what to install, before Pulumi's own traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import MissingExtraError
from fairlead_components.engine import program_sdk
from fairlead_components.engine.location import Engine
from fairlead_components.engine.operations import StackOperations
from fairlead_components.engine.projects import Project


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which `pip install fairlead` was all."""
    monkeypatch.setattr(program_sdk, "find_spec", lambda name: None)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("runtime", ["python", {"name": "python", "options": {}}])
def test_says_what_to_install(runtime: Any, tmp_path: Path) -> None:
    project = Project(tmp_path, {"name": "demo", "runtime": runtime})
    engine = Engine(tmp_path / "no-engine", "3.259.0", "FAIRLEAD_ENGINE")
    with pytest.raises(MissingExtraError, match=r"fairlead\[local\]"):
        StackOperations(project, "local", engine).ensure_exists()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "runtime",
    ["nodejs", {"name": "python", "options": {"virtualenv": "venv"}}],
)
def test_programs_that_run_elsewhere_are_their_own_business(runtime: Any, tmp_path: Path) -> None:
    program_sdk.require_sdk(Project(tmp_path, {"runtime": runtime}))


def test_an_installed_sdk_is_found(tmp_path: Path) -> None:
    program_sdk.require_sdk(Project(tmp_path, {"runtime": "python"}))
