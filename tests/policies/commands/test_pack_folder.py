"""Where the pack lies: the checkout's own folder, or one whole copy of what a wheel holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fairlead_policies.commands import pack_folder

CHECKOUT = Path(__file__).parents[3]


def test_a_checkout_is_its_own_pack() -> None:
    folder = pack_folder.pack_folder()
    assert folder == CHECKOUT / "policies"
    assert (folder / "PulumiPolicy.yaml").is_file()


def test_a_wheel_is_copied_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "fairlead_policies"
    shutil.copytree(pack_folder._PACKAGE, package)
    for name in pack_folder._FILES:
        (package / "pack_files").mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / "policies" / name, package / "pack_files" / name)
    monkeypatch.setattr(pack_folder, "_PACKAGE", package)
    monkeypatch.setenv("FAIRLEAD_CACHE_DIR", str(tmp_path / "cache"))
    folder = pack_folder.pack_folder()
    assert folder.parent == tmp_path / "cache" / "policies"
    assert {one.name for one in folder.iterdir()} == {*pack_folder._FILES, "fairlead_policies"}
    assert (folder / "fairlead_policies" / "controls" / "aws.yaml").is_file()
    assert not pack_folder.is_installed(folder)
    (folder / "kept").touch()
    assert pack_folder.pack_folder() == folder
    assert (folder / "kept").exists()
    assert not list(folder.parent.glob(".making-*"))
