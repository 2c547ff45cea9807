"""Measure listing runs: the last 20 of 10,000, with and without the index.

    python bench/bench_history.py [RUNS]

Bounds: 50 ms of CPU in a warm process with the index; 2 s and 60 requests without it on a store
that takes 20 ms for each request.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from fairlead.graph import Graph, Output, Source, StepDefinition, StepNode
from fairlead.store.history import History
from fairlead.store.index import Filter, Index
from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectInfo, ObjectStore, open_objects
from fairlead.store.records import Provenance, RunEnd, RunRecord, StepSummary

LATENCY = 0.020
DAYS = 100


class SlowObjects:
    """Add a store's latency to every request of another one, and count them."""

    def __init__(self, objects: ObjectStore, latency: float = LATENCY) -> None:
        self._objects = objects
        self._latency = latency
        self._lock = threading.Lock()
        self.url = objects.url.replace("file://", "slow://")
        self.requests = 0

    def _request(self) -> None:
        with self._lock:
            self.requests += 1
        time.sleep(self._latency)

    def get(self, path: str) -> bytes:
        """See ``ObjectStore.get``."""
        self._request()
        return self._objects.get(path)

    def exists(self, path: str) -> bool:
        """See ``ObjectStore.exists``."""
        self._request()
        return self._objects.exists(path)

    def open(self, path: str) -> BinaryIO:
        """See ``ObjectStore.open``."""
        self._request()
        return self._objects.open(path)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[ObjectInfo]:
        """List in pages of 1,000, as S3, GCS and Azure do: each is a request."""
        found = list(self._objects.list(prefix, recursive=recursive))
        for start in range(0, max(len(found), 1), 1000):
            self._request()
            yield from found[start : start + 1000]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)


def run_id(at: datetime) -> str:
    """Return a run's id as it would have been made at a time (a ULID)."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = int(at.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join(alphabet[number >> shift & 31] for shift in range(125, -5, -5))


def generate(root: Path, runs: int) -> None:
    """Write the records of runs of a pipeline of 20 steps, spread over 100 days."""
    definition = StepDefinition(
        name="step",
        file="train.py",
        module="train",
        qualname="step",
        outputs=(Output(name="output", type="int", materializer="json"),),
        options={},
        source=Source(digest="sha256:" + "0" * 64, definitions={"train.py:step": "sha256:0"}),
    )
    nodes = tuple(StepNode(id=f"step_{number}", definition="step") for number in range(20))
    graph = Graph(pipeline="training", definitions={"step": definition}, nodes=nodes)
    provenance = Provenance(
        person="ada", host="laptop", fairlead="0", python="3.11", lock_digest="sha256:0"
    )
    first = datetime.now(UTC) - timedelta(days=DAYS)
    template = RunRecord(
        run="RUN", stack="local", graph=graph, manifest_digest="sha256:0", provenance=provenance,
        parameters={"depth": 5}, tags={"team": "vision"}, created=first,
    ).to_bytes().decode()  # fmt: skip
    for number in range(runs):
        at = first + timedelta(days=DAYS * number / runs)
        layout = RunLayout(run_id(at))
        folder = root / layout.folder
        folder.mkdir(parents=True)
        state = "failed" if number % 10 == 0 else "succeeded"
        stamp = template.replace(first.isoformat().replace("+00:00", "Z"), at.isoformat())
        (root / layout.record).write_text(stamp.replace('"RUN"', f'"{layout.run}"'))
        end = RunEnd(state=state, steps={node.id: StepSummary(state=state) for node in nodes})
        (root / layout.end).write_bytes(end.to_bytes())


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "store")
        root.mkdir()
        generate(root, runs)
        objects = open_objects(root.as_uri())

        slow = SlowObjects(objects)
        started = time.perf_counter()
        assert len(History(slow, Index()).runs(20)) == min(20, runs)
        seconds = time.perf_counter() - started
        print(f"no index, {LATENCY * 1000:.0f} ms latency  {seconds:7.3f} s  (≤ 2)")
        print(f"                         {slow.requests:7d} requests  (≤ 60)")

        path = Path(folder, "index.sqlite")
        started = time.process_time()
        History(objects, Index(path)).runs(runs)
        print(f"index of all runs        {time.process_time() - started:7.3f} s cpu")
        for name, wanted in (("last 20", Filter()), ("last 20 failed", Filter(state="failed"))):
            best = 9.0
            for _ in range(10):
                started = time.process_time()
                assert len(History(objects, Index(path)).runs(20, wanted)) == min(20, runs)
                best = min(best, time.process_time() - started)
            print(f"{name:24} {best * 1000:7.1f} ms cpu  (≤ 50)")


if __name__ == "__main__":
    main()
