"""One build serves all who have the same sources, and only them."""

from __future__ import annotations

import shutil

from fairlead_components.engine import source


def test_the_digest_changes_with_the_sources_and_with_nothing_else(tmp_path, monkeypatch):
    copy = tmp_path / "engine"
    shutil.copytree(source.source_directory(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    original = source.source_digest()
    monkeypatch.setattr(source, "source_directory", lambda: copy)
    assert source.source_digest() == original

    host = copy / "pulumi-language-python"
    (host / "__pycache__").mkdir()
    (host / "__pycache__" / "packages.cpython-311.pyc").touch()
    (copy / "README.md").write_text("other words")
    assert source.source_digest() == original

    for changed in (copy / "go.sum", host / "host.go", host / "packages.py"):
        before = source.source_digest()
        changed.write_bytes(changed.read_bytes() + b"\n")
        assert source.source_digest() != before


def test_the_engine_asks_for_a_go_release_that_exists():
    assert (1, 21) <= source.required_go() < (2,)
