"""Get the servers that tests start on loopback: S3, Google Cloud Storage and Azure Blob.

``python tools/servers.py versitygw`` prints the path of the binary, after building it if neither
PATH nor the cache has it. The cache is shared by all checkouts; one build runs at a time.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

_GO = {
    "versitygw": ("github.com/versity/versitygw/cmd/versitygw", "v1.8.0", "about 13 minutes"),
    "fake-gcs-server": ("github.com/fsouza/fake-gcs-server", "v1.56.1", "about 5 minutes"),
}
_NPM = {"azurite-blob": ("azurite", "3.35.0", "about a minute")}


class ServerUnavailableError(RuntimeError):
    """Say why a server cannot be had on this machine, and what to install."""


def cache_folder() -> Path:
    """Return where servers are kept: below ``FAIRLEAD_CACHE_DIR`` or the user's cache folder."""
    root = os.environ.get("FAIRLEAD_CACHE_DIR") or user_cache_path("fairlead")
    return Path(root) / "servers"


def find(name: str) -> Path | None:
    """Return a server's executable from PATH or the cache; None if neither has it."""
    if found := shutil.which(name):
        return Path(found)
    cached = _cached(name)
    return cached if cached.exists() else None


def get(name: str) -> Path:
    """Return a server's executable, building it if need be.

    Args:
        name: ``versitygw``, ``fake-gcs-server`` or ``azurite-blob``.

    Raises:
        ServerUnavailableError: Its build tool is missing, or the build failed; says what to do.
    """
    if found := find(name):
        return found
    with _lock(name):
        if found := find(name):  # another process built it meanwhile
            return found
        (_build_npm if name in _NPM else _build_go)(name)
    return _cached(name)


def _cached(name: str) -> Path:
    if name in _NPM:
        package, version, _ = _NPM[name]
        return cache_folder() / f"{package}-{version}" / "node_modules" / ".bin" / name
    return cache_folder() / f"{name}-{_GO[name][1]}"


def _build_go(name: str) -> None:
    module, version, duration = _GO[name]
    target = _cached(name)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        command = ["go", "install", f"{module}@{version}"]
        _run(command, {"GOBIN": folder}, f"Building {name} {version} ({duration}, once)")
        (Path(folder) / name).rename(target)


def _build_npm(name: str) -> None:
    package, version, duration = _NPM[name]
    target = cache_folder() / f"{package}-{version}"
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        command = ["npm", "install", "--no-fund", "--no-audit", "--prefix", folder]
        _run([*command, f"{package}@{version}"], {}, f"Getting {name} {version} ({duration}, once)")
        Path(folder).rename(target)
        Path(folder).mkdir()  # what the context manager expects to remove


def _run(command: list[str], environment: dict[str, str], title: str) -> None:
    tool = shutil.which(command[0])
    if tool is None:
        raise ServerUnavailableError(f"{title}: {command[0]} is not on PATH: install it.")
    print(f"{title} …", file=sys.stderr, flush=True)
    started = time.monotonic()
    done = threading.Event()

    def tell() -> None:
        while not done.wait(15):
            print(f"  … {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    threading.Thread(target=tell, daemon=True).start()
    try:
        result = subprocess.run(
            [tool, *command[1:]],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        done.set()
    if result.returncode:
        raise ServerUnavailableError(
            f"{title} failed with status {result.returncode}; is the registry reachable?\n"
            + result.stderr[-2000:]
        )


@contextmanager
def _lock(name: str) -> Iterator[None]:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting: another process is getting {name} …", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Print the path of each server that is named."""
    known = [*_GO, *_NPM]
    if not arguments or set(arguments) - set(known):
        print(f"usage: servers.py [{'|'.join(known)}]…", file=sys.stderr)
        return 2
    try:
        for name in arguments:
            print(get(name))
    except ServerUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
