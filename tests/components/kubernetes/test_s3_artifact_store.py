"""A store that a team has is adopted: named in the manifest, and nothing is made."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config
from fairlead_components.stack import build


def test_it_is_adopted(record: Any, values: Any) -> None:
    existing = {
        "url": "s3://ml/prod",
        "region": "eu-central-1",
        "credentials_secrets": {"step": "s3-step"},
    }
    components = {"artifact_store": {"flavor": "s3", "existing": existing}}
    manifest, recorder = record(lambda: build(read_config(values(components), "x")))
    store = manifest["components"]["artifact_store"]
    assert store == {"flavor": "s3", "version": "1.0", "allow_pickle": False, **existing}
    assert not [name for name in recorder.requests if name.startswith("kubernetes:")]


def test_another_kind_of_url_is_refused(values: Any) -> None:
    existing = {
        "url": "ftp://ml",
        "region": "eu-central-1",
        "credentials_secrets": {"step": "s3-step"},
    }
    with pytest.raises(ConfigError, match=r"existing.url: ftp://ml must begin with"):
        read_config(values({"artifact_store": {"flavor": "s3", "existing": existing}}), "x")
