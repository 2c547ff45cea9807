"""Pulumi programs that are rehearsed."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fairlead_components.engine.projects import Project, find_project
from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.sdk import Sdk, installed_sdks
from fairlead_components.rehearsal.servers import StandIns
from fairlead_components.rehearsal.throwaway import Throwaway, throwaway

CONFIG = {
    "aws:region": "eu-central-1",
    "gcp:project": "acme",
    "gcp:region": "europe-west3",
    "azure-native:location": "germanywestcentral",
}


class Written:
    """A project with one stack, ``dev``, whose program tests write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "Pulumi.yaml").write_text(
            f"name: tiny\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        )
        (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": CONFIG}))

    def write(self, program: str) -> Project:
        (self.folder / "__main__.py").write_text(
            "import pulumi\nfrom pulumi import ResourceOptions\n" + textwrap.dedent(program)
        )
        return find_project(self.folder)

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture(scope="session")
def written() -> type[Written]:
    """The class, for fixtures that live longer than a test."""
    return Written


@pytest.fixture
def program(tmp_path: Path) -> Written:
    folder = tmp_path / "project"
    folder.mkdir()
    return Written(folder)


@pytest.fixture
def kept(program: Written, sdks: dict[str, Sdk]) -> Iterator[tuple[Throwaway, StandIns]]:
    """A throw-away state that outlives one operation."""
    with (
        StandIns(sdks, Answers()) as stand_ins,
        throwaway(program.write(""), "dev", stand_ins.attachment) as place,
    ):
        yield place, stand_ins


@pytest.fixture(scope="session")
def sdks() -> dict[str, Sdk]:
    return installed_sdks(Path(entry) for entry in sys.path if entry)
