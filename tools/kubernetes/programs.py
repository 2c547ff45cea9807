"""Build the cluster's programs from Go modules, and unpack those that Debian has."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.kubernetes.layout import (
    VERSION,
    ClusterError,
    cache_folder,
    packages,
    programs,
    resolver,
)

_MODULES = Path(__file__).parent / "modules"
_COMMANDS = ("apiserver", "controller-manager", "scheduler", "proxy")
_TARGETS = (
    *(f"k8s.io/kubernetes/cmd/kube-{command}" for command in _COMMANDS),
    "k8s.io/kubernetes/cmd/kubelet",
    "k8s.io/kubernetes/cmd/kubectl",
    "go.etcd.io/etcd/server/v3",
    "./pause",
)
_STAMPS = "-s -w " + " ".join(
    f"-X k8s.io/component-base/version.{key}={value}"
    for key, value in {
        "gitVersion": VERSION,
        "gitMajor": "1",
        "gitMinor": VERSION.split(".")[1],
        "gitTreeState": "clean",
        "gitCommit": "module",
    }.items()
)
_DEBIAN = (
    "containerd", "runc", "containernetworking-plugins", "conntrack", "iptables",
    "libxtables12", "libip4tc2", "libip6tc2", "libmnl0", "libnfnetlink0", "libnftnl11",
    "libnetfilter-conntrack3",
)  # fmt: skip
#: kube-proxy calls iptables by these names; the tables are those that need no further packages.
_IPTABLES = [
    f"{family}{kind}" for family in ("iptables", "ip6tables") for kind in ("", "-save", "-restore")
]
_PROGRESS = 15.0


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time build, whatever checkout it belongs to."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder().parent / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"Waiting: another process works on {name} …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def tell(text: str) -> None:
    """Tell a waiting person what happens, beside the command's own output."""
    print(text, file=sys.stderr, flush=True)


def build() -> None:
    """Put everything a node needs into the cache; what is there is kept.

    Raises:
        ClusterError: A tool is missing, or a registry cannot be reached.
    """
    with locked("kubernetes"):
        if not (programs() / "kube-apiserver").exists():
            compile_module("node", _TARGETS, programs(), "about 12 minutes of CPU")
        if not (resolver() / "dns").exists():
            compile_module("dns", (".",), resolver(), "about 3 minutes of CPU")
        if not (packages() / "usr/bin/containerd").exists():
            _unpack()


def compile_module(module: str, targets: tuple[str, ...], folder: Path, duration: str) -> None:
    """Compile programs of a Go module that lies beside this file.

    Args:
        module: Its folder in ``modules/``.
        targets: The packages of the programs.
        folder: Where the programs go, all at once.
        duration: How long that takes, for who waits.

    Raises:
        ClusterError: Go is missing, or a module cannot be had.
    """
    go = shutil.which("go")
    if go is None:
        raise ClusterError("go is not on PATH: install Go 1.25 or newer")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as temporary:
        source, new = Path(temporary) / "src", Path(temporary) / "bin"
        shutil.copytree(_MODULES / module, source)
        new.mkdir()
        _run(
            [go, "build", "-v", "-trimpath", "-ldflags", _STAMPS, "-o", f"{new}/", *targets],
            f"Building the cluster's {module} programs, Kubernetes {VERSION} ({duration}, once)",
            cwd=source,
            # What is built is decided by our go.mod and go.sum alone.
            env={"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"},
        )
        if (new / "server").exists():
            # go names a program after its package, and etcd's is called by what it does.
            (new / "server").rename(new / "etcd")
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)


def _unpack() -> None:
    with TemporaryDirectory(dir=cache_folder()) as folder:
        new = Path(folder) / "debian"
        unpack(_DEBIAN, new)
        shutil.rmtree(new / "usr/share", ignore_errors=True)
        links = new / "links"
        links.mkdir()
        for name in _IPTABLES:
            (links / name).symlink_to("../usr/sbin/xtables-legacy-multi")
        shutil.rmtree(packages(), ignore_errors=True)
        new.rename(packages())


def unpack(names: tuple[str, ...], folder: Path) -> None:
    """Unpack Debian packages into a folder; nothing is installed and no script of theirs runs.

    Raises:
        ClusterError: This is no Debian, or its archive cannot be reached.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as downloads:
        command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *names]
        title = f"Getting {len(names)} Debian packages"
        try:
            _run(command, title, cwd=Path(downloads))
        except ClusterError:
            _run(["apt-get", "-qq", "update"], "Asking Debian's archive what it has")
            _run(command, title, cwd=Path(downloads))
        for package in sorted(Path(downloads).glob("*.deb")):
            archive = subprocess.Popen(
                ["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE
            )
            subprocess.run(
                ["tar", "-x", "--keep-directory-symlink", "-C", folder],
                stdin=archive.stdout,
                check=True,
            )
            if archive.wait():
                raise ClusterError(f"{package.name} could not be unpacked")


def _run(
    command: list[str], title: str, *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    if shutil.which(command[0]) is None:
        raise ClusterError(f"{title}: {command[0]} is not on PATH: install it")
    tell(f"{title} …")
    started = last = time.monotonic()
    process = subprocess.Popen(
        ["nice", "-n", "10", *command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    lines: list[str] = []

    def read() -> None:
        for line in process.stderr or ():
            lines.append(line)  # noqa: PERF402 - counted while it grows

    reader = threading.Thread(target=read, daemon=True)
    try:
        reader.start()
        while process.poll() is None:
            time.sleep(0.2)
            if time.monotonic() - last > _PROGRESS:
                last = time.monotonic()
                tell(f"  … {last - started:.0f} s, {len(lines)} packages")
    finally:
        process.kill()
    reader.join()
    if process.returncode:
        raise ClusterError(
            f"{title} failed with status {process.returncode}; is the registry reachable?\n"
            + "".join(lines)[-2000:]
        )
