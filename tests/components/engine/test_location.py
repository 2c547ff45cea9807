"""The engine is found in a fixed order, and one that cannot be used is never passed over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.errors import EngineNotFoundError
from fairlead_components.engine.errors import EngineVersionError
from fairlead_components.engine.location import installation_directories, locate
from fairlead_components.engine.source import engine_version, source_digest

Write = Callable[[Path, str], Path]


def test_without_any_engine_the_error_names_every_way_to_get_one(cache: Path):
    with pytest.raises(EngineNotFoundError) as caught:
        locate()
    for part in ("fairlead engine install", "FAIRLEAD_ENGINE", "pulumi.com", str(cache)):
        assert part in str(caught.value)


def test_order_is_explicit_then_path_then_cache(
    cache: Path, executable: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cached = executable(installation_directories()[0] / "bin" / "pulumi", engine_version())
    assert (locate().path, locate().origin) == (cached, "cache")

    on_path = executable(tmp_path / "path" / "pulumi", "3.270.1")
    monkeypatch.setenv("PATH", f"{on_path.parent}:/usr/bin:/bin")
    assert (locate().path, locate().version, locate().origin) == (on_path, "3.270.1", "PATH")

    explicit = executable(tmp_path / "explicit" / "pulumi", "3.300.0-alpha.1")
    monkeypatch.setenv("FAIRLEAD_ENGINE", str(explicit))
    assert locate().path == explicit
    monkeypatch.setenv("FAIRLEAD_ENGINE", str(explicit.parent))
    assert (locate().path, locate().origin) == (explicit, "FAIRLEAD_ENGINE")


def test_the_cached_engine_on_path_is_still_the_cached_one(
    cache: Path, executable: Write, monkeypatch: pytest.MonkeyPatch
):
    cached = executable(installation_directories()[0] / "bin" / "pulumi", engine_version())
    monkeypatch.setenv("PATH", f"{cached.parent}:/usr/bin:/bin")
    assert locate().origin == "cache"


@pytest.mark.parametrize("version", ["3.199.9", "2.300.0"])
def test_an_old_engine_on_path_is_an_error_though_the_cache_has_a_good_one(
    cache: Path, executable: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
):
    executable(installation_directories()[0] / "bin" / "pulumi", engine_version())
    old = executable(tmp_path / "path" / "pulumi", version)
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    with pytest.raises(EngineVersionError, match=r"needs 3\.200\.0 or newer"):
        locate()


def test_an_explicit_engine_that_is_missing_or_broken_is_an_error(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FAIRLEAD_ENGINE", str(tmp_path / "nowhere"))
    with pytest.raises(EngineNotFoundError, match="is not there"):
        locate()
    broken = tmp_path / "pulumi"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("FAIRLEAD_ENGINE", str(broken))
    with pytest.raises(EngineNotFoundError, match="does not run as Pulumi"):
        locate()


def test_the_cache_is_keyed_by_release_machine_and_sources(cache: Path):
    folder = installation_directories()[0]
    assert folder.is_relative_to(cache / "engine" / f"v{engine_version()}")
    assert folder.name == source_digest()
