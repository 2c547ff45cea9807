"""Make image archives from folders: no daemon, no base image from a registry."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from tools.kubernetes.layout import (
    ClusterError,
    archives,
    cache_folder,
    environment,
    programs,
    state,
)
from tools.kubernetes.programs import locked, unpack

#: The user of every image: no account of the machine, and not root.
USER = "65532:65532"
PAUSE = "localhost/pause:1"
PYTHON = "localhost/python:3.11"
_PATH = "PATH=/usr/local/bin:/usr/bin:/bin"
_OCI = "application/vnd.oci.image"
_PYTHON_PACKAGES = (
    "libc6", "libc-bin", "libgcc-s1", "libstdc++6", "libgomp1", "libcrypt1", "zlib1g", "libexpat1",
    "libssl3", "libffi8", "libbz2-1.0", "liblzma5", "libsqlite3-0", "libuuid1", "libncursesw6",
    "libtinfo6", "libreadline8", "libdb5.3", "libnsl2", "libtirpc3", "libpython3.11-minimal",
    "libpython3.11-stdlib", "python3.11-minimal", "python3.11", "python3-minimal",
    "busybox-static", "ca-certificates", "netbase", "media-types", "tzdata", "base-files",
)  # fmt: skip


def python_root() -> Path:
    """Return a Debian root file system with Python 3.11 and a shell, made once.

    Raises:
        ClusterError: This is no Debian, or its archive cannot be reached.
    """
    root = cache_folder() / "python-root"
    with locked("kubernetes-images"):
        if not root.exists():
            with TemporaryDirectory(dir=cache_folder()) as folder:
                new = Path(folder) / "root"
                _debian(new, _PYTHON_PACKAGES)
                new.rename(root)
    return root


def _debian(root: Path, packages: tuple[str, ...]) -> None:
    for folder in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc/ssl/certs"):
        (root / folder).mkdir(parents=True)
    for folder in ("dev", "proc", "sys", "run", "root", "tmp", "var/tmp", "home/nonroot"):
        (root / folder).mkdir(parents=True)
    for folder in ("tmp", "var/tmp"):
        (root / folder).chmod(0o1777)
    for link in ("bin", "sbin", "lib", "lib64"):
        (root / link).symlink_to(f"usr/{link}")
    unpack(packages, root)
    busybox = root / "usr/bin/busybox"
    listed = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True)
    for tool in listed.stdout.split():
        if not (root / "usr/bin" / tool).exists():
            (root / "usr/bin" / tool).symlink_to("busybox")
    for folder in ("doc", "man", "locale", "info", "lintian", "bug"):
        shutil.rmtree(root / "usr/share" / folder, ignore_errors=True)
    etc = root / "etc"
    number, group = USER.split(":")
    (etc / "passwd").write_text(
        f"root:x:0:0:root:/root:/bin/sh\nnonroot:x:{number}:{group}:nonroot:/home/nonroot:/bin/sh\n"
    )
    (etc / "group").write_text(f"root:x:0:\nnonroot:x:{group}:\n")
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    with (etc / "ssl/certs/ca-certificates.crt").open("wb") as bundle:
        for certificate in sorted((root / "usr/share/ca-certificates").rglob("*.crt")):
            bundle.write(certificate.read_bytes())


def pack(
    layers: Sequence[Path],
    name: str,
    archive: Path,
    *,
    command: Sequence[str] = (),
    entrypoint: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    user: str = USER,
) -> str:
    """Write an OCI image archive whose layers are folders; return the image's digest.

    Args:
        layers: The folders, the lowest first. Files belong to root in the image and have no times,
            so that equal folders are equal images.
        name: What the image is called: ``localhost/name:tag``.
        archive: Where to write.
        command: What runs when nothing else is said.
        entrypoint: What always runs, before the command.
        env: Environment variables.
        user: ``uid:gid`` that runs.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=archive.parent) as folder:
        blobs = Path(folder)
        descriptors = [_layer(layer, blobs) for layer in layers]
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Env": [_PATH, *(f"{key}={value}" for key, value in (env or {}).items())],
                "Cmd": list(command),
                "Entrypoint": list(entrypoint),
                "User": user,
                "WorkingDir": "/",
            },
            # Layers are not compressed: packing and unpacking them costs nothing but copying.
            "rootfs": {"type": "layers", "diff_ids": [item["digest"] for item in descriptors]},
        }
        media = f"{_OCI}.manifest.v1+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": media,
            "config": _blob(config, f"{_OCI}.config.v1+json", blobs),
            "layers": descriptors,
        }
        described = _blob(manifest, media, blobs)
        names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
        index = {"schemaVersion": 2, "manifests": [{**described, "annotations": names}]}
        new = blobs / "archive"
        with tarfile.open(new, "w") as tar:
            _member(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
            _member(tar, "index.json", _json(index))
            for blob in sorted(blobs.glob("sha256:*")):
                tar.add(blob, f"blobs/sha256/{blob.name.partition(':')[2]}", filter=_anonymous)
        new.replace(archive)
    return str(described["digest"])


def _layer(root: Path, blobs: Path) -> dict[str, Any]:
    new = blobs / "layer"
    with new.open("wb") as file:
        hashing = _Hashing(file)
        with tarfile.open(fileobj=hashing, mode="w|") as tar:
            for path in [root, *sorted(root.rglob("*"))]:
                member = path.relative_to(root).as_posix()
                tar.add(path, member, recursive=False, filter=_anonymous)
    digest = f"sha256:{hashing.sha256.hexdigest()}"
    size = new.stat().st_size
    new.rename(blobs / digest)
    return {"mediaType": f"{_OCI}.layer.v1.tar", "digest": digest, "size": size}


class _Hashing(io.RawIOBase):
    """Hash what is written on its way into a file."""

    def __init__(self, file: BinaryIO) -> None:
        self.sha256 = hashlib.sha256()
        self._file = file

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        return self._file.write(data)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def _json(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


def _blob(document: Any, media: str, blobs: Path) -> dict[str, Any]:
    content = _json(document)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    (blobs / digest).write_bytes(content)
    return {"mediaType": media, "digest": digest, "size": len(content)}


def _member(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def build() -> None:
    """Make the images that every cluster has: what holds pods, and a Python."""
    if not (archives() / "pause.tar").exists():
        with TemporaryDirectory() as folder:
            shutil.copy(programs() / "pause", folder)
            pack([Path(folder)], PAUSE, archives() / "pause.tar", command=["/pause"])
    if not (archives() / "python.tar").exists():
        pack([python_root()], PYTHON, archives() / "python.tar", command=["python3"])


def load(archive: Path) -> list[str]:
    """Give an archive's images to the running cluster; return them as ``name@sha256:digest``.

    Pods may name an image either way.

    Raises:
        ClusterError: No cluster runs, or the archive is none.
    """
    if not (state() / "containerd.sock").exists():
        raise ClusterError("no cluster runs: `python -m tools.kubernetes up`")
    with tarfile.open(archive) as tar:
        index = tar.extractfile("index.json")
        if index is None:
            raise ClusterError(f"{archive} is no OCI image archive")
        manifests = json.load(index)["manifests"]
    _ctr("images", "import", str(archive))
    pinned = []
    for manifest in manifests:
        name = manifest["annotations"]["io.containerd.image.name"]
        repository = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
        pinned.append(f"{repository}@{manifest['digest']}")
        _ctr("images", "tag", "--force", name, pinned[-1])
    return pinned


def _ctr(*arguments: str) -> None:
    done = subprocess.run(
        ["ctr", *arguments],
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        cwd=os.sep,
    )
    if done.returncode:
        raise ClusterError(f"ctr {' '.join(arguments)}: {done.stderr.strip()[-500:]}")
