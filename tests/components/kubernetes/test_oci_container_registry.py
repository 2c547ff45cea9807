"""A registry is adopted: nothing is made, and its name is checked."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config


def test_it_promises_where_images_are(declared: Any) -> None:
    registry = declared.contracts["container_registry"]
    assert registry["uri"] == "registry.example.org/ml"
    assert registry["insecure"] is False
    assert registry["pull_secrets"] == ["pull"]


@pytest.mark.parametrize(
    ("registry", "told"),
    [
        ({"uri": "https://registry.example.org"}, "uri: must not begin with a scheme"),
        ({"uri": "registry.example.org/ml", "insecure": True}, "insecure: only for a registry on"),
    ],
)
def test_what_would_not_work_or_not_be_safe_is_refused(
    values: Any, registry: dict[str, Any], told: str
) -> None:
    components = {"artifact_store": {"image": "x"}, "container_registry": registry}
    with pytest.raises(ConfigError, match=told):
        read_config(values(components), "x")


@pytest.mark.parametrize("uri", ["localhost:5000/ml", "127.0.0.1:5000"])
def test_loopback_needs_no_tls(values: Any, uri: str) -> None:
    image = f"registry.example.org/versitygw@sha256:{'0' * 64}"
    registry = {"uri": uri, "insecure": True}
    read_config(values({"artifact_store": {"image": image}, "container_registry": registry}), "x")
