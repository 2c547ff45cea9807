"""Pulumi programs for tests: under a recording monitor, and by the real engine."""

# ruff: noqa: N802 - the protocol names the methods

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime.mocks import MockMonitor

from fairlead_components.rehearsal.answers import Answers, Completion, shape_of, subject_of
from fairlead_components.rehearsal.sdk import Sdk, installed_sdks
from fairlead_components.rehearsal.shapes.shape import Subject
from plugin_stand_ins import keep_from_downloading

STACKS = Path(__file__).parents[2] / "stacks"


class _Echo(pulumi.runtime.Mocks):
    def new_resource(self, args: Any) -> Any:
        inputs = dict(args.inputs)
        sdk = _sdks().get(args.typ.partition(":")[0])
        kind = sdk.resource(args.typ) if sdk is not None else None
        if kind is None:
            return f"{args.name}-id", inputs
        subject = Subject(args.typ, args.name, args.name, inputs, {})
        completion = Completion(shape_of(kind.package), subject, kind.objects, kind.inputs)
        return f"{args.name}-id", completion.fields(inputs, kind.outputs, {})

    def call(self, args: Any) -> Any:
        function = _sdks()[args.token.partition(":")[0]].function(args.token)
        assert function is not None
        return Answers().answer(function, subject_of(function, dict(args.args), {}))


@cache
def _sdks() -> dict[str, Sdk]:
    return installed_sdks(Path(entry) for entry in sys.path if entry)


class Recorder(MockMonitor):
    """Keep what Pulumi's mocks drop: requests as they were sent."""

    def __init__(self) -> None:
        super().__init__(_Echo())
        self.requests: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}

    def made(self) -> set[str]:
        """Return type and name of every resource but the stack."""
        return {key for key in self.requests if not key.startswith("pulumi:pulumi:Stack ")}

    def RegisterResource(self, request: Any) -> Any:
        self.requests[f"{request.type} {request.name}"] = request
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.outputs[request.urn] = request.outputs
        return super().RegisterResourceOutputs(request)


@pytest.fixture
def record() -> Callable[..., tuple[Any, Recorder]]:
    """Run a program under a recording monitor; return its value and what it registered."""

    def run(
        program: Callable[[], Any],
        *,
        config: Mapping[str, str] | None = None,
        preview: bool = False,
    ) -> tuple[Any, Recorder]:
        recorder = Recorder()

        def inside() -> Any:
            pulumi.runtime.set_mocks(_Echo(), "fairlead", "unit", preview=preview, monitor=recorder)
            pulumi.runtime.set_all_config(dict(config or {}), [])
            kept: list[Any] = []

            def whole() -> Any:
                return pulumi.Output.from_input(program()).apply(kept.append)

            pulumi.runtime.test(whole)()
            return kept[0] if kept else None

        return copy_context().run(inside), recorder

    return run


@pytest.fixture(scope="session")
def engine() -> dict[str, str]:
    """Return the environment of a Pulumi engine, or skip where there is none."""
    from fairlead.errors import EngineNotFoundError
    from fairlead_components.engine.environment import engine_environment

    try:
        return {**os.environ, **engine_environment(base=os.environ)}
    except EngineNotFoundError as error:
        pytest.skip(str(error))


@dataclass
class Project:
    """A copy of stacks/ with its own state, driven through the pulumi command line."""

    folder: Path
    env: dict[str, str]

    def pulumi(self, *arguments: str, ok: bool = True) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            check=False,
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
        )
        text = done.stdout + done.stderr
        assert (done.returncode == 0) is ok, text
        return done.stdout if ok else text

    def stack(self, name: str, config: Mapping[str, Any]) -> None:
        values = {f"fairlead:{key}": value for key, value in config.items()}
        path = self.folder / f"Pulumi.{name}.yaml"
        path.write_text(yaml.safe_dump({"config": values}))
        self.pulumi("stack", "init", name)

    def update(self, command: str, stack: str, *extra: str) -> dict[str, Any]:
        """Run up, refresh or destroy; return the changes by operation and the resource steps."""
        out = self.pulumi(command, "-s", stack, "--yes", "--skip-preview", "--json", *extra)
        events = [json.loads(line) for line in out.splitlines() if line.startswith('{"')]
        summary = next(e["summaryEvent"] for e in events if "summaryEvent" in e)
        changes: dict[str, int] = summary.get("resourceChanges") or {}
        return {k: v for k, v in changes.items() if v}

    def manifest(self, stack: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(
            self.pulumi("stack", "output", "fairlead", "--json", "-s", stack)
        )
        return document

    def resources(self, stack: str) -> list[dict[str, Any]]:
        state = json.loads(self.pulumi("stack", "export", "-s", stack))
        found: list[dict[str, Any]] = state["deployment"].get("resources", [])
        return found


@pytest.fixture
def project(tmp_path: Path, engine: dict[str, str]) -> Project:
    folder = tmp_path / "stacks"
    folder.mkdir()
    shutil.copy(STACKS / "__main__.py", folder)
    settings = yaml.safe_load((STACKS / "Pulumi.yaml").read_text())
    settings["runtime"]["options"]["virtualenv"] = sys.prefix
    settings["plugins"]["providers"][0]["path"] = str(Path(sys.prefix, "bin"))
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    home = tmp_path / "home"
    keep_from_downloading(home)
    return Project(folder, {**engine, "PULUMI_HOME": str(home), "PULUMI_CONFIG_PASSPHRASE": ""})
