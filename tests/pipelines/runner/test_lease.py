"""One runner at a time walks a run, and only a dead one is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ulid import ULID

from fairlead.errors import BackendError
from fairlead.runner import lease
from fairlead.store.layout import RunLayout
from fairlead.store.objects import open_objects

_HOLD = """
import sys, time
from fairlead.runner.lease import acquire
from fairlead.store.layout import RunLayout
from fairlead.store.objects import open_objects
acquire(open_objects(sys.argv[1]), RunLayout(sys.argv[2]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_killed_runner_is_replaced_at_once(tmp_path: Path) -> None:
    url, layout = tmp_path.as_uri(), RunLayout(str(ULID()))
    objects = open_objects(url)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, url, layout.run], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert lease.alive(objects, layout)
        with pytest.raises(BackendError, match="another runner"):
            lease.acquire(objects, layout)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    assert not lease.alive(objects, layout)
    second = lease.acquire(objects, layout)
    assert second.epoch == 2
    second.release()


def test_silence_hands_a_remote_run_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a remote store beats tell of life; a higher epoch takes the lease from its holder."""
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(lease, "DEAD_SECONDS", 0.4)
    objects = open_objects(f"memory://lease-{ULID()}")
    layout = RunLayout(str(ULID()))
    first = lease.acquire(objects, layout)
    assert lease.alive(objects, layout)
    with pytest.raises(BackendError, match="another runner"):
        lease.acquire(objects, layout)
    assert first.held()
    first.release()
    time.sleep(0.1)
    second = lease.acquire(objects, layout)
    assert second.epoch == 2
    assert not first.held()
    assert second.held()
    second.release()
