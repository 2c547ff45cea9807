"""The local store keeps every promise of ``ObjectStore``, and those of a file system."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fairlead.errors import StoreError
from fairlead.store.artifacts import Artifacts
from fairlead.store.local_objects import LocalObjects
from fairlead.store.objects import ObjectStore, open_objects
from fairlead.testing.artifact_store import ArtifactStoreSuite


class TestLocalObjects(ArtifactStoreSuite):
    large = 8 << 20

    @pytest.fixture
    def store_url(self, tmp_path: Path) -> str:
        return f"file://{tmp_path}/store"


class TestLocalObjectsWithoutAnonymousFiles(ArtifactStoreSuite):
    """File systems and systems without O_TMPFILE: the same promises with named files."""

    large = 2 << 20
    names = 100

    @pytest.fixture
    def store_url(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setattr("fairlead.store.local_objects._ANONYMOUS", 0)
        return f"file://{tmp_path}/store"

    def test_nothing_is_left_beside_the_objects(self, store_url: str, tmp_path: Path) -> None:
        objects = open_objects(store_url)
        objects.put_new("a/b", b"1")
        objects.put_new("a/b", b"2")
        with objects.spool() as spooled:
            spooled.file.write(b"3")
            spooled.file.flush()
            objects.put_new("a/c", spooled.path)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert sorted(path.name for path in files) == ["b", "c"]
        assert not list((tmp_path / "store" / ".spool").iterdir())


def test_a_killed_writer_leaves_no_part_of_an_object(tmp_path: Path) -> None:
    """kill -9 between spooling and putting leaves neither an object nor a temporary file."""
    code = (
        "import os, signal, sys\n"
        "from fairlead.store.objects import ObjectStore, open_objects\n"
        "with open_objects(sys.argv[1]).spool() as spooled:\n"
        "    spooled.file.write(b'x' * 5_000_000)\n"
        "    spooled.file.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    url = f"file://{tmp_path}"
    result = subprocess.run([sys.executable, "-c", code, url], check=False)
    assert result.returncode == -9
    assert list(open_objects(url).list("")) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_syncs_an_object_its_name_and_the_folders_made_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def record(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr(os, "fsync", record)
    objects = open_objects(f"file://{tmp_path}")
    objects.put_new("a/b/c", b"1")
    folders = [str(tmp_path / name) for name in ("", "a", "a/b")]
    assert sorted(path for path in synced if "(deleted)" not in path) == folders
    assert len(synced) == len(folders) + 1, "the nameless file itself"
    synced.clear()
    objects.put_new("d/e/f", b"1", durable=False)
    assert synced == []


def test_a_path_that_is_both_object_and_folder_is_refused(tmp_path: Path) -> None:
    objects = open_objects(f"file://{tmp_path}")
    objects.put_new("a", b"")
    with pytest.raises(StoreError, match="no path may be both"):
        objects.put_new("a/b", b"")
    objects.put_new("folder/object", b"")
    with pytest.raises(StoreError, match="no path may be both"):
        objects.put_new("folder", b"")


def test_url_with_a_host_or_percent_encoding(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="three slashes: file:///data/store"):
        LocalObjects("file://data/store")
    objects = open_objects(f"file://{tmp_path}/with%20space")
    objects.put_new("a", b"1")
    assert (tmp_path / "with space" / "a").read_bytes() == b"1"


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.getuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_full_disk(tiny_disk: Path) -> None:
    """A full disk is named, leaves no part of an object, and what was written stays readable."""
    objects = open_objects(f"file://{tiny_disk}")
    objects.put_new("runs/earlier", b"x" * 500_000)
    with pytest.raises(StoreError, match=r"runs/later: the disk is full: free some space"):
        objects.put_new("runs/later", b"x" * 900_000)
    with pytest.raises(StoreError, match="the disk is full"):
        _spool(objects, 900_000)
    artifacts = Artifacts(objects, allow_pickle=True)
    big = np.random.default_rng(0).random(200_000)
    for value in (big[:9], pd.DataFrame({"a": big[:9]}), pl.DataFrame({"a": big[:9]})):
        artifacts.save(value, pipeline="p", step="s", output="o")
    for value in (big, big.tobytes(), pd.DataFrame({"a": big}), pl.DataFrame({"a": big}), [big, 1]):
        with pytest.raises(StoreError, match="the disk is full: free some space"):
            artifacts.save(value, pipeline="p", step="s", output="o")
    assert objects.get("runs/earlier") == b"x" * 500_000
    assert len(list(objects.list("artifacts"))) == 3
    assert objects.put_new("runs/small", b"fits") is True


def _spool(objects: ObjectStore, size: int) -> None:
    with objects.spool() as spooled:
        spooled.file.write(b"x" * size)
        spooled.file.flush()


def test_read_only_store(tiny_disk: Path) -> None:
    """A read-only file system is named; reading goes on."""
    objects = open_objects(f"file://{tiny_disk}")
    objects.put_new("a/b", b"1")
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    with pytest.raises(StoreError, match="a/c: the file system is read-only"):
        objects.put_new("a/c", b"")
    with pytest.raises(StoreError, match="a/b: the file system is read-only"):
        objects.delete("a/b")
    with pytest.raises(StoreError, match="read-only"), objects.spool():
        pass
    assert objects.get("a/b") == b"1"


def test_no_permission(tmp_path: Path) -> None:
    """A folder that this user may not write is named, with the fix."""
    store = tmp_path / "store"
    store.mkdir(mode=0o755)
    store.chmod(0o555)
    # Root may write everywhere: become nobody, once everything is imported.
    code = (
        "import os, sys\n"
        "from fairlead.store.local_objects import LocalObjects\n"
        "from fairlead.errors import StoreError\n"
        "if os.getuid() == 0:\n"
        "    os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    LocalObjects.put_new(LocalObjects(sys.argv[1]), 'a/b', b'')\n"
        "except StoreError as error:\n"
        "    sys.exit(0 if 'permission denied: grant' in str(error) else str(error))\n"
        "sys.exit('it was written')\n"
    )
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    result = subprocess.run(
        [sys.executable, "-c", code, f"file://{store}"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
