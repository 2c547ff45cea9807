"""What is wrong before a rehearsal shows anything is told in one paragraph."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from fairlead_components.commands.rehearse import app
from fairlead_components.engine.projects import find_project
from fairlead_components.rehearsal.cycle import rehearse
from fairlead_components.rehearsal.errors import AnswersError, ProgramError, RehearsalError
from fairlead_components.rehearsal.program_failure import require_program

RAISES = "\n\ndef f():\n    raise KeyError('no such key')\nf()"
UNHEARD = "pulumi.CustomResource('vapor:index:Thing', 'x', {})"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (RAISES, r"raised KeyError: 'no such key', in \S+__main__\.py, line 6\."),
        ("def f(:", r"raised SyntaxError: .+, in \S+__main__\.py, line 3\."),
        ("import pulumi_vapor", r"install it \(`pip install pulumi-vapor`\)"),
        (UNHEARD, r"provider 'vapor', whose Python SDK is not installed"),
    ],
)
def test_a_program_that_does_not_run_is_explained(program: Any, text: str, told: str) -> None:
    project = program.write(text)
    before = program.files()
    with pytest.raises(ProgramError, match=told) as raised:
        require_program(rehearse(project, "dev"), project.directory)
    assert "\n" not in str(raised.value)
    assert program.files() == before


@pytest.mark.engine
def test_an_environment_that_is_not_there_is_named(program: Any) -> None:
    project = program.write("")
    path = program.folder / "Pulumi.yaml"
    path.write_text("name: tiny\nruntime: {name: python, options: {virtualenv: nowhere}}\n")
    with pytest.raises(ProgramError, match=r"does not start: .*nowhere") as raised:
        require_program(rehearse(find_project(program.folder), "dev"), project.directory)
    assert "\n" not in str(raised.value)


def test_a_project_without_a_program_or_of_another_language_is_refused(program: Any) -> None:
    with pytest.raises(RehearsalError, match="There is no program in"):
        rehearse(find_project(program.folder), "dev")
    (program.folder / "Pulumi.yaml").write_text("name: tiny\nruntime: go\n")
    with pytest.raises(RehearsalError, match="the runtime 'go'"):
        rehearse(find_project(program.folder), "dev")


@pytest.mark.engine
def test_a_configuration_that_is_no_yaml_is_named_with_its_line(program: Any) -> None:
    project = program.write("")
    (program.folder / "Pulumi.dev.yaml").write_text("config:\n  a: [\n")
    with pytest.raises(RehearsalError, match=r"Pulumi\.dev\.yaml is not valid YAML, at line 3"):
        rehearse(project, "dev")


def test_a_file_of_answers_that_is_not_there_is_named(program: Any) -> None:
    program.write("")
    arguments = ["dev", "--dir", str(program.folder), "--data", "nowhere.yaml"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, AnswersError)
    assert "nowhere.yaml cannot be read: No such file or directory." in str(result.exception)


@pytest.mark.engine
def test_a_picture_that_cannot_be_written_is_no_traceback(program: Any) -> None:
    program.write("")
    arguments = ["dev", "--dir", str(program.folder), "-o", "/nowhere/plan.svg"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, RehearsalError)
    assert "/nowhere/plan.svg cannot be written" in str(result.exception)
