"""Folders: made, looked at, changed, and never emptied unasked."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fairlead_components.provider.directory import DirectoryHandler
from fairlead_components.provider.handler import ResourceError

HANDLER = DirectoryHandler()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_gets_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        made = HANDLER.create({"path": str(tmp_path / "a/b"), "mode": "0755"})
    finally:
        os.umask(old)
    assert mode(tmp_path / "a/b") == 0o755
    assert HANDLER.read(made.id, made.inputs) == made


def test_changes_by_hand_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a"
    made = HANDLER.create({"path": str(path), "mode": "0700"})
    path.chmod(0o750)
    now = HANDLER.read(made.id, made.inputs)
    assert now is not None
    assert now.inputs["mode"] == "0750"
    assert HANDLER.diff(now.inputs, made.inputs) == (["mode"], [])
    HANDLER.update(made.id, made.inputs)
    assert mode(path) == 0o700
    path.rmdir()
    assert HANDLER.read(made.id, made.inputs) is None
    path.write_text("a file now")
    assert HANDLER.read(made.id, made.inputs) is None


def test_deleting_refuses_what_holds_data_unless_forced(tmp_path: Path) -> None:
    made = HANDLER.create({"path": str(tmp_path / "a"), "mode": "0700"})
    (tmp_path / "a/data").write_text("x")
    with pytest.raises(ResourceError, match="is not empty, so it is not deleted"):
        HANDLER.delete(made.id, made.inputs)
    assert (tmp_path / "a/data").exists()
    HANDLER.delete(made.id, {**made.inputs, "force": True})
    assert not (tmp_path / "a").exists()
    HANDLER.delete(made.id, made.inputs)  # already gone


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"path": "relative"}, "absolute"),
        ({"path": "/a/../b"}, "absolute"),
        ({"path": "/"}, "name one below it"),
        ({"path": str(Path.home())}, "name one below it"),
        ({"path": "/a", "mode": "700"}, "four octal digits"),
        ({"path": "/a", "mode": 700}, "must be of type string"),
        ({"path": "/a", "mod": "0700"}, "did you mean 'mode'?"),
        ({}, "missing"),
    ],
)
def test_inputs_are_checked(inputs: dict[str, object], told: str) -> None:
    _, failures = HANDLER.check(inputs)
    assert [told in reason for _, reason in failures] == [True]


def test_another_path_is_another_folder() -> None:
    assert HANDLER.diff({"path": "/a"}, {"path": "/b"}) == (["path"], ["path"])
