"""What docs/kubernetes.md shows is a stack, and what it says of roles is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from fairlead_components.config import read_config
from fairlead_components.kubernetes.roles import FUNCTIONS

TEXT = (Path(__file__).parents[3] / "docs/kubernetes.md").read_text()


def test_the_configuration_is_valid() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    values = yaml.safe_load(block)["config"]
    stack = read_config(
        {
            key.removeprefix("fairlead:"): value if isinstance(value, str) else json.dumps(value)
            for key, value in values.items()
        },
        "docs/kubernetes.md",
    )
    assert [item.kind for item in stack.components][:3] == ["cluster", "identity", "artifact_store"]


def test_every_function_is_in_the_table() -> None:
    table = TEXT.partition("| function |")[2].partition("\n\n")[0]
    assert all(function in table for function in FUNCTIONS)
