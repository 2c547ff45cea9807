"""A real builder and a real registry for tests, unpacked from Debian's packages."""

from __future__ import annotations

import base64
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

#: Who may use a registry that asks: user and password, and the line that the registry knows it by.
_PERSON = "ann:correct horse"
_KNOWN = "ann:$2b$04$12oTNkVKVb7.yY7s.4KF0OnKCXMPvTwWN5zYuuwq56UjI984ACXDa"


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
def workshop(folder: Path, *, asks: bool = False) -> Iterator[Workshop]:
    """Run a registry on loopback, with a base image in it and a builder beside it.

    Args:
        folder: An empty folder.
        asks: Whether the registry asks who one is; then the environment names the login.
    """
    tools, port = unpacked(), free_port()
    (folder / "registry").mkdir(parents=True)
    config: dict[str, object] = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    login = {}
    if asks:
        (folder / "htpasswd").write_text(f"{_KNOWN}\n")
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
        encoded = base64.b64encode(_PERSON.encode()).decode()
        logins = {"auths": {f"127.0.0.1:{port}": {"auth": encoded}}}
        (folder / "login.json").write_text(json.dumps(logins))
        login = {"REGISTRY_AUTH_FILE": str(folder / "login.json")}
    (folder / "registry.yml").write_text(json.dumps(config))
    home = folder / "home/.config/containers"
    home.mkdir(parents=True)
    (home / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    builder = [
        str(tools / "usr/bin/buildah"), "--storage-driver", "vfs",
        "--root", str(folder / "storage"), "--runroot", str(folder / "run"),
    ]  # fmt: skip
    environment = {
        **login,
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
