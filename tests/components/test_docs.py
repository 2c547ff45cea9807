"""What docs/components.md shows works as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead_components.config import read_config

TEXT = (Path(__file__).parents[2] / "docs/components.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_configuration_is_valid() -> None:
    (block,) = blocks("yaml")
    values = yaml.safe_load(block)["config"]
    stack = read_config(
        {
            key.removeprefix("fairlead:"): value if isinstance(value, str) else json.dumps(value)
            for key, value in values.items()
        },
        "docs/components.md",
    )
    assert [item.name for item in stack.components][3] == "step-operator-big"


@pytest.mark.engine
def test_the_program_provisions_one_component_alone(project: Any) -> None:
    (block,) = blocks("python")
    (project.folder / "__main__.py").write_text(block)
    project.stack("alone", {})
    project.update("up", "alone")
    assert (project.folder / "team-data").is_dir()
    url = json.loads(project.pulumi("stack", "output", "url", "--json", "-s", "alone"))
    assert url == (project.folder / "team-data").as_uri()
