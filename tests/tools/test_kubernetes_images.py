"""Images for the test cluster: equal folders are equal images, and nobody is root in them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

from clusters import images  # puts the project's root on the path


def packed(folder: Path, archive: Path) -> tuple[str, dict[str, bytes]]:
    digest = images.pack([folder], "localhost/x:1", archive, command=["/run"], env={"A": "b"})
    with tarfile.open(archive) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar.getmembers()}  # type: ignore[union-attr]
    return digest, members


def test_the_same_folder_is_the_same_image(tmp_path: Path) -> None:
    digests = set()
    for name in ("a", "b"):
        folder = tmp_path / name
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/run").write_text("#!/bin/sh\n")
        (folder / "bin/run").chmod(0o755)
        (folder / "bin/link").symlink_to("run")
        digest, members = packed(folder, tmp_path / f"{name}.tar")
        digests.add(digest)
    assert len(digests) == 1

    index = json.loads(members["index.json"])
    (described,) = index["manifests"]
    assert described["annotations"]["io.containerd.image.name"] == "localhost/x:1"
    manifest = json.loads(members[blob(described["digest"])])
    config = json.loads(members[blob(manifest["config"]["digest"])])
    assert config["config"]["User"] == images.USER
    assert config["config"]["Cmd"] == ["/run"]
    assert "A=b" in config["config"]["Env"]
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]

    (folder / "bin/run").write_text("#!/bin/false\n")
    assert packed(folder, tmp_path / "c.tar")[0] not in digests


def blob(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"
