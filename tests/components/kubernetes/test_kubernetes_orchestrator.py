"""Runners run in the stack's namespace, as the runner, from the stack's registry."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config


def test_it_takes_namespace_account_and_registry_from_the_others(declared: Any) -> None:
    namespace = declared.contracts["cluster"]["namespace"]
    runner = declared.contracts["orchestrator"]["pods"]
    assert (runner["namespace"], runner["service_account"]) == (namespace, "runner")
    assert runner["image_pull_secrets"] == ["pull"]
    assert runner["labels"] == {"fairlead-function": "runner"}
    assert runner["context"] == "there"


def test_mistakes_are_told_with_their_paths(values: Any) -> None:
    orchestrator = {"parallelism": 0}
    with pytest.raises(ConfigError, match=r"orchestrator.parallelism: input should be greater"):
        read_config(values({"artifact_store": {"image": "x"}, "orchestrator": orchestrator}), "x")
    orchestrator = {"image": "registry.example.org/steps:latest"}
    with pytest.raises(ConfigError, match=r"orchestrator.image: .*:latest must end in the image's"):
        read_config(values({"artifact_store": {"image": "x"}, "orchestrator": orchestrator}), "x")
