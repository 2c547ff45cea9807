"""A real builder and a real registry for tests, unpacked from Debian's packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage_servers import free_port, process

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.kubernetes import images, layout, programs

_PACKAGES = (
    "buildah", "golang-github-containers-common", "docker-registry", "libdevmapper1.02.1",
    "libgpgme11", "libassuan0", "libgpg-error0", "libseccomp2",
)  # fmt: skip


def unpacked() -> Path:
    """Return the folder with both programs, got once; skip where they cannot be had."""
    folder = layout.cache_folder().parent / "image-tools-debian12"
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("buildah in a chroot needs root on Linux; CI has it")
    with programs.locked("image-tools"):
        if not (folder / "usr/bin/buildah").exists():
            try:
                programs.unpack(_PACKAGES, folder)
            except layout.ClusterError as error:
                pytest.skip(f"buildah and docker-registry cannot be had here: {error}")
    return folder


@dataclass(frozen=True)
class Workshop:
    """Where images are built and kept.

    Attributes:
        registry: ``127.0.0.1:port``.
        environment: What makes Fairlead's commands use this builder.
        base: The name of an image with Python, in the registry.
    """

    registry: str
    environment: Mapping[str, str]
    base: str


@contextmanager
def workshop(folder: Path) -> Iterator[Workshop]:
    """Run a registry on loopback, with a base image in it and a builder beside it."""
    tools, port = unpacked(), free_port()
    (folder / "registry").mkdir(parents=True)
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    (folder / "registry.yml").write_text(json.dumps(config))
    home = folder / "home/.config/containers"
    home.mkdir(parents=True)
    (home / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    builder = [
        str(tools / "usr/bin/buildah"), "--storage-driver", "vfs",
        "--root", str(folder / "storage"), "--runroot", str(folder / "run"),
    ]  # fmt: skip
    environment = {
        "HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(home.parent),
        "LD_LIBRARY_PATH": f"{tools}/usr/lib/x86_64-linux-gnu:{tools}/lib/x86_64-linux-gnu",
        "BUILDAH_ISOLATION": "chroot",
        "FAIRLEAD_BUILDER": " ".join(builder),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache/uv")),
    }
    serve = [str(tools / "usr/bin/docker-registry"), "serve", str(folder / "registry.yml")]
    with process(serve, port, "/v2/", folder / "registry.log"):
        base = f"127.0.0.1:{port}/python:3.11"
        archive = folder / "python.tar"
        images.pack([images.python_root()], images.PYTHON, archive, command=["python3"])
        for command in (
            ["pull", "--quiet", f"oci-archive:{archive}"],
            ["push", "--quiet", "--tls-verify=false", images.PYTHON, base],
        ):
            done = subprocess.run(
                [*builder, *command],
                env={**os.environ, **environment}, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        yield Workshop(f"127.0.0.1:{port}", environment, base)
