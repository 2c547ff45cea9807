"""Pulumi's environment: commands found, an empty passphrase only where nothing else is meant."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fairlead_components.engine.environment import engine_environment
from fairlead_components.engine.errors import ProjectNotFoundError
from fairlead_components.engine.location import Engine
from fairlead_components.engine.projects import find_project

ENGINE = Engine(Path("/cache/bin/pulumi"), "3.259.0", "cache")
COMMANDS = str(Path(sys.executable).parent)


def test_path_has_our_commands_then_the_engine_then_the_rest():
    base = {"PATH": f"/usr/bin:{COMMANDS}:/bin"}
    path = engine_environment(engine=ENGINE, base=base)["PATH"]
    assert path == f"{COMMANDS}:/cache/bin:/usr/bin:/bin"
    again = engine_environment(engine=ENGINE, base={"PATH": path})["PATH"]
    assert again == path


def test_an_engine_from_path_is_not_moved_before_what_hides_it():
    engine = Engine(Path("/usr/bin/pulumi"), "3.259.0", "PATH")
    path = engine_environment(engine=engine, base={"PATH": "/opt/bin:/usr/bin"})["PATH"]
    assert path == f"{COMMANDS}:/opt/bin:/usr/bin"


@pytest.mark.parametrize(
    ("base", "settings", "expected"),
    [
        ({}, "", ""),
        ({}, "encryptionsalt: v1:x:y\n", ""),
        ({}, "secretsprovider: awskms://alias/state\n", None),
        ({}, "secretsprovider: passphrase\n", ""),
        ({"PULUMI_CONFIG_PASSPHRASE": "mine"}, "", None),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/run/p"}, "", None),
    ],
)
def test_the_empty_passphrase_is_given_only_where_none_is(tmp_path, base, settings, expected):
    (tmp_path / "Pulumi.local.yaml").write_text(settings)
    own = engine_environment(tmp_path, "organization/demo/local", engine=ENGINE, base=base)
    assert own.get("PULUMI_CONFIG_PASSPHRASE") == expected


def test_the_nearest_project_is_found_from_below_and_beside(tmp_path):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.yaml").write_text("name: demo\nbackend: {url: file://x}\n")
    for name in ("Pulumi.local.yaml", "Pulumi.my.aws.yaml"):
        (tmp_path / "stacks" / name).touch()
    deep = tmp_path / "pipelines" / "a"
    deep.mkdir(parents=True)
    for start in (tmp_path, deep, tmp_path / "stacks"):
        project = find_project(start)
        assert project.directory == tmp_path / "stacks"
    assert (project.name, project.backend_url) == ("demo", "file://x")
    assert project.configured_stacks() == ["local", "my.aws"]


def test_a_missing_or_broken_project_is_one_clear_error(tmp_path):
    with pytest.raises(ProjectNotFoundError, match="fairlead init"):
        find_project(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: [")
    with pytest.raises(ProjectNotFoundError, match="is not YAML"):
        find_project(tmp_path)
