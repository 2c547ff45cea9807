"""The plugin as the engine meets it: a process, a port, the protocol, and an end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from fairlead_components.provider.wire import UNKNOWN, decode, encode

SCRIPT = Path(sys.executable).with_name("pulumi-resource-fairlead")
URN = "urn:pulumi:s::p::fairlead-components:index:LocalArtifactStore$fairlead:index:Directory::d"


@contextmanager
def plugin() -> Iterator[tuple[subprocess.Popen[str], Any]]:
    process = subprocess.Popen(
        [SCRIPT, "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield process, ResourceProviderStub(channel)
    finally:
        process.kill()
        process.communicate()


def test_a_resource_lives_and_dies_by_the_protocol(tmp_path: Path) -> None:
    with plugin() as (process, provider):
        assert provider.Handshake(pb.ProviderHandshakeRequest()).accept_secrets
        schema = json.loads(provider.GetSchema(pb.GetSchemaRequest()).schema)
        assert set(schema["resources"]) == {
            "fairlead:index:Directory", "fairlead:index:ManifestPublication",
            "fairlead:index:Password",
        }  # fmt: skip
        assert schema["resources"]["fairlead:index:Directory"]["requiredInputs"] == ["path"]
        # The stack's configuration is not the provider's: changing it must not touch the provider.
        told = provider.CheckConfig(
            pb.CheckRequest(news=encode({"components": "{}", "version": "1"}))
        )
        assert decode(told.inputs).values == {"version": "1"}

        # Preview: what is unknown stays unknown, what is secret stays secret, nothing is made.
        unknown = encode({"path": UNKNOWN, "mode": "0700"}, {"mode"})
        checked = provider.Check(pb.CheckRequest(urn=URN, news=unknown))
        assert not checked.failures
        shown = provider.Create(pb.CreateRequest(urn=URN, properties=checked.inputs, preview=True))
        assert shown.id == ""
        assert decode(shown.properties).values["path"] == UNKNOWN
        assert decode(shown.properties).secret == {"mode"}

        path = str(tmp_path / "secret-place")
        news = provider.Check(
            pb.CheckRequest(urn=URN, news=encode({"path": path}, {"path"}))
        ).inputs
        provider.Create(pb.CreateRequest(urn=URN, properties=news, preview=True))
        assert not Path(path).exists()
        made = provider.Create(pb.CreateRequest(urn=URN, properties=news))
        assert decode(made.properties).secret == {"path"}
        assert Path(path).is_dir()
        same = pb.DiffRequest(id=made.id, urn=URN, olds=made.properties, old_inputs=news, news=news)
        assert provider.Diff(same).changes == pb.DiffResponse.DIFF_NONE
        other = encode({**decode(news).values, "path": str(tmp_path / "b"), "mode": "0750"})
        diff = provider.Diff(pb.DiffRequest(id=made.id, urn=URN, old_inputs=news, news=other))
        assert (list(diff.diffs), list(diff.replaces)) == (["mode", "path"], ["path"])

        # Import: only the id is known.
        found = provider.Read(pb.ReadRequest(id=path, urn=URN))
        assert decode(found.inputs).values == {"path": path, "mode": "0700", "force": False}
        provider.Delete(pb.DeleteRequest(id=made.id, urn=URN, properties=made.properties))
        assert provider.Read(pb.ReadRequest(id=path, urn=URN)).id == ""

        with pytest.raises(grpc.RpcError, match="no resource type fairlead:index:Folder"):
            provider.Check(pb.CheckRequest(urn="urn:pulumi:s::p::fairlead:index:Folder::d"))
        with pytest.raises(grpc.RpcError, match="no function"):
            provider.Invoke(pb.InvokeRequest(tok="fairlead:index:get"))
        assert process.poll() is None


def test_a_cancelled_update_makes_nothing_more(tmp_path: Path) -> None:
    with plugin() as (_, provider):
        provider.Cancel(Empty())
        news = encode({"path": str(tmp_path / "a"), "mode": "0700"})
        with pytest.raises(grpc.RpcError) as caught:
            provider.Create(pb.CreateRequest(urn=URN, properties=news))
        assert caught.value.code() == grpc.StatusCode.CANCELLED
        assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_when_told(number: signal.Signals) -> None:
    with plugin() as (process, _):
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_when_the_engine_was_killed() -> None:
    engine = subprocess.Popen(
        [
            sys.executable, "-c",
            ("import subprocess, sys; p = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE); "
            "p.stdout.readline(); print(p.pid, flush=True); p.wait()"),
            SCRIPT,
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert engine.stdout is not None
    child = int(engine.stdout.readline())
    engine.kill()
    engine.communicate()
    deadline = time.monotonic() + 15
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        # Whoever adopts orphans here may never wait for them: a zombie has ended.
        status = Path(f"/proc/{process}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.engine
def test_the_engine_accepts_the_schema(project: Any) -> None:
    schema = json.loads(project.pulumi("package", "get-schema", str(SCRIPT)))
    assert set(schema["resources"]) == {
        "fairlead:index:Directory",
        "fairlead:index:ManifestPublication",
        "fairlead:index:Password",
    }
