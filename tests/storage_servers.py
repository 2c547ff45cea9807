"""Start real storage servers on loopback, each with its own data, and make sure they are ours."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[1]
_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """Name a running server: its port, its data folder, and the environment clients need."""

    port: int
    data: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)


def load_module(path: Path) -> Any:
    """Import a file that is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def executable(name: str) -> str:
    """Return a server's executable; without the tools to get it, say so and skip."""
    tool = load_module(_ROOT / "tools" / "servers.py")
    try:
        return str(tool.get(name))
    except tool.ServerUnavailableError as error:
        pytest.skip(f"{name} cannot be had here: {error}")


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def process(
    command: list[str], port: int, probe: str, log: Path, *, address: str = "127.0.0.1"
) -> Iterator[None]:
    """Run a server until the block ends; wait for the probe, fail if the process dies first."""
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + _SECONDS
            while not _answers(f"http://{address}:{port}{probe}"):
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.05)
            assert server.poll() is None, "another process answers on our port"
            yield
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(5)
            server.kill()
            server.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def versitygw(folder: Path, *, region: str = "us-east-1") -> Iterator[Server]:
    """Run an S3 server that calls its region as it is told."""
    with versitygw_at("127.0.0.1", folder, region=region) as server:
        yield server


@contextmanager
def versitygw_at(address: str, folder: Path, *, region: str = "us-east-1") -> Iterator[Server]:
    """Run an S3 server at another address of this machine's loopback."""
    data, port = folder / "s3", free_port()
    data.mkdir()
    key, secret = f"test{secrets.token_hex(4)}", secrets.token_hex(16)
    environment = {
        "AWS_ENDPOINT_URL": f"http://{address}:{port}",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    command = [
        executable("versitygw"), "--access", key, "--secret", secret, "--region", region,
        "--port", f"{address}:{port}", "--health", "/health", "posix", str(data),
    ]  # fmt: skip
    with process(command, port, "/health", folder / "versitygw.log", address=address):
        yield Server(port, data, environment)


@contextmanager
def fake_gcs(folder: Path) -> Iterator[Server]:
    """Run a Google Cloud Storage server."""
    data, port = folder / "gcs", free_port()
    data.mkdir()
    url = f"http://127.0.0.1:{port}"
    command = [
        executable("fake-gcs-server"), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port),
        "-backend", "filesystem", "-filesystem-root", str(data), "-external-url", url,
        "-public-host", f"127.0.0.1:{port}",
    ]  # fmt: skip
    environment = {"STORAGE_EMULATOR_HOST": url, "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
    with process(command, port, "/_internal/healthcheck", folder / "fake-gcs.log"):
        yield Server(port, data, environment)


@contextmanager
def azurite(folder: Path) -> Iterator[Server]:
    """Run an Azure Blob server."""
    if shutil.which("node") is None:
        pytest.skip("azurite needs node, which is not on PATH: install Node.js")
    data, port = folder / "azure", free_port()
    data.mkdir()
    # The account and key that Azurite's documentation publishes; they open nothing else.
    account = "devstoreaccount1"
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    connection = (
        f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};"
        f"BlobEndpoint=http://127.0.0.1:{port}/{account};"
    )
    command = [
        executable("azurite-blob"), "--location", str(data), "--blobHost", "127.0.0.1",
        "--blobPort", str(port), "--skipApiVersionCheck", "--silent", "--disableTelemetry",
    ]  # fmt: skip
    with process(command, port, "/", folder / "azurite.log"):
        yield Server(port, data, {"AZURE_STORAGE_CONNECTION_STRING": connection})


def new_bucket(server: Server, protocol: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make an empty bucket, set the environment that its clients need, and return its name."""
    use(monkeypatch, server)
    bucket = f"test-{secrets.token_hex(6)}"
    make_bucket(server, protocol, bucket)
    return bucket


def use(monkeypatch: pytest.MonkeyPatch, *servers: Server) -> None:
    """Set the environment that clients of these servers need, and of no others."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_STORAGE_", "STORAGE_EMULATOR")):
            monkeypatch.delenv(name)
    for server in servers:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)


def make_bucket(server: Server, protocol: str, bucket: str) -> None:
    """Make an empty bucket on a server whose environment is set."""
    import fsspec

    options = {"token": "anon", "project": "test"} if protocol == "gs" else {}
    fs = fsspec.filesystem(protocol, skip_instance_cache=True, **options)
    fs.mkdir(bucket)
    if protocol == "s3":
        assert (server.data / bucket).is_dir(), "the bucket was made on somebody else's server"
