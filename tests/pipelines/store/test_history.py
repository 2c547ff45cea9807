"""Listing runs: right whatever the index knows, and cheap."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import RunNotFoundError
from fairlead.store.artifacts import Artifacts
from fairlead.store.history import PUT_TAG, History
from fairlead.store.index import Filter, Index, index_path
from fairlead.store.layout import RunLayout
from fairlead.store.objects import ObjectInfo, ObjectStore, open_objects
from fairlead.testing.recorded_run import RecordedRun


class Counting:
    """Count the requests of a store, each of which takes a while."""

    def __init__(self, objects: ObjectStore, latency: float = 0.0) -> None:
        self.objects, self.latency, self.url = objects, latency, objects.url
        self.requests: list[str] = []

    def _request(self, what: str) -> None:
        self.requests.append(what)
        time.sleep(self.latency)

    def get(self, path: str) -> bytes:
        self._request(f"get {path}")
        return self.objects.get(path)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[ObjectInfo]:
        self._request(f"list {prefix}")
        return self.objects.list(prefix, recursive=recursive)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objects, name)


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return open_objects((tmp_path / "store").as_uri())


def record(
    objects: ObjectStore, at: datetime, state: str | None = "succeeded", **given: Any
) -> str:
    run = RecordedRun(Artifacts(objects, allow_pickle=True), at=at, **given)
    run.step("load")
    return run.write(state)


NOW = datetime.now(UTC)


def spread(objects: ObjectStore, count: int, days: float) -> list[str]:
    """Record runs over some days and return their ids, newest first."""
    choose = random.Random(7)
    ids = []
    for number in range(count):
        at = NOW - timedelta(days=days * (number + 0.5) / count)
        state = choose.choice(["succeeded", "failed", None])
        ids.append(record(objects, at, state, pipeline=choose.choice(["training", "scoring"]),
                          tags={"n": str(number % 3)}))  # fmt: skip
    return ids


@pytest.mark.parametrize("days", [0.01, 5, 60])
def test_every_way_of_listing_agrees_with_reading_everything(
    objects: ObjectStore, tmp_path: Path, days: float
) -> None:
    ids = spread(objects, 40, days)
    plain = History(objects, Index()).runs(1000)
    assert [run.id for run in plain] == ids
    warm = History(objects, Index(tmp_path / "index.sqlite"))
    for wanted in (
        Filter(),
        Filter(state="failed"),
        Filter(state="running"),
        Filter(pipeline="scoring", tags=(("n", "1"),)),
        Filter(since=NOW - timedelta(days=days / 2)),
        Filter(stack="elsewhere"),
    ):
        expected = [run for run in plain if wanted.accepts(run)]
        for limit in (1, 7, 1000):
            assert warm.runs(limit, wanted) == expected[:limit]
            assert History(objects, Index()).runs(limit, wanted) == expected[:limit]


@pytest.mark.parametrize("going_on", ["none", "newest", "all", "every other", "some"])
def test_without_an_index_twenty_runs_take_sixty_requests_and_two_seconds(
    objects: ObjectStore, going_on: str
) -> None:
    choose = random.Random(7)
    for number in range(40):
        unfinished = {
            "none": False,
            "newest": number < 5,
            "all": True,
            "every other": number % 2 == 0,
            "some": choose.random() < 0.3,
        }[going_on]
        record(objects, NOW - timedelta(hours=3 * number), None if unfinished else "succeeded")
    slow = Counting(objects, latency=0.02)
    started = time.monotonic()
    assert len(History(slow, Index()).runs(20)) == 20
    assert time.monotonic() - started < 2
    assert len(slow.requests) <= 60


def test_ended_runs_are_read_once(objects: ObjectStore) -> None:
    for number in range(30):
        record(objects, NOW - timedelta(days=10, minutes=number))
    going_on = record(objects, NOW, None)
    index = Index()
    History(objects, index).runs(100)
    again = Counting(objects)
    assert len(History(again, index).runs(100)) == 31
    read = [request for request in again.requests if going_on not in request]
    assert read == ["list runs", f"list runs/{NOW:%Y%m%d}"]


def test_new_runs_and_ends_are_seen(objects: ObjectStore) -> None:
    index = Index()
    artifacts = Artifacts(objects, allow_pickle=True)
    run = RecordedRun(artifacts, at=NOW)
    run.step("load", state="running")
    run.write(None)
    assert [r.state for r in History(objects, index).runs()] == ["running"]
    late = record(objects, NOW + timedelta(seconds=1))
    ended = RecordedRun(artifacts, at=NOW)
    ended.step("load")
    ended.write("failed")
    content = objects.get(ended.layout.end)
    objects.put_new(run.layout.end, content)
    found = {r.id: r.state for r in History(objects, index).runs()}
    assert found == {late: "succeeded", run.run: "failed", ended.run: "failed"}


def test_a_submitted_run_is_told_from_a_running_one(objects: ObjectStore) -> None:
    run = RecordedRun(Artifacts(objects, allow_pickle=True))
    run.step("load", state="pending")
    run.write(None)
    assert [r.state for r in History(objects, Index()).runs()] == ["submitted"]


def test_one_damaged_record_hides_no_other(objects: ObjectStore, tmp_path: Path) -> None:
    good = record(objects, NOW - timedelta(minutes=1))
    bad = record(objects, NOW)
    (tmp_path / "store" / RunLayout(bad).record).write_bytes(b'{"schema": "9.0"}')
    assert [(r.id, r.state) for r in History(objects, Index()).runs()] == [
        (bad, "unreadable"),
        (good, "succeeded"),
    ]


def test_deleted_runs_are_forgotten(objects: ObjectStore, tmp_path: Path) -> None:
    old = record(objects, NOW - timedelta(days=30))
    new = record(objects, NOW)
    index = Index()
    assert len(History(objects, index).runs()) == 2
    shutil.rmtree(tmp_path / "store" / RunLayout(old).folder.rpartition("/")[0])
    assert [r.id for r in History(objects, index).runs()] == [new]


@pytest.mark.parametrize("damage", ["garbage", "truncated", "gone", "other version"])
def test_a_lost_or_damaged_index_loses_nothing(
    objects: ObjectStore, tmp_path: Path, damage: str
) -> None:
    ids = spread(objects, 10, 3)
    path = tmp_path / "index.sqlite"
    History(objects, index := Index(path)).runs()
    index.close()
    if damage == "garbage":
        path.write_bytes(b"not a database" * 1000)
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "gone":
        path.unlink()
    else:
        import sqlite3

        with sqlite3.connect(path) as base:
            base.execute("PRAGMA user_version=999")
            base.execute("DROP TABLE runs")
    assert [run.id for run in History(objects, Index(path)).runs()] == ids


def test_an_index_that_cannot_be_written_is_done_without(
    objects: ObjectStore, tmp_path: Path
) -> None:
    ids = spread(objects, 3, 1)
    (tmp_path / "file").write_text("no folder")
    assert [r.id for r in History(objects, Index(tmp_path / "file" / "index.sqlite")).runs()] == ids


def test_readers_share_an_index(objects: ObjectStore, tmp_path: Path) -> None:
    ids = spread(objects, 30, 3)
    path = tmp_path / "index.sqlite"
    found: list[list[str]] = []

    def read() -> None:
        found.append([run.id for run in History(objects, Index(path)).runs(100)])

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [ids] * 8


def test_a_run_is_found_by_what_people_write(objects: ObjectStore) -> None:
    first = record(objects, NOW - timedelta(days=40))
    second = record(objects, NOW)
    put = record(objects, NOW + timedelta(seconds=1), tags={PUT_TAG: "rows"})
    history = History(objects, Index())
    assert history.resolve("latest") == second
    assert history.resolve(first.lower()) == first
    assert history.resolve(first[-8:]) == first
    assert history.resolve(put[-7:]) == put
    with pytest.raises(RunNotFoundError, match="runs list"):
        history.resolve("nothing")
    with pytest.raises(RunNotFoundError, match="more of the id"):
        history.resolve("01")
    with pytest.raises(RunNotFoundError):
        history.resolve("I" * 26)


def test_an_empty_store_has_no_latest_run(objects: ObjectStore) -> None:
    assert History(objects, Index()).runs() == []
    with pytest.raises(RunNotFoundError, match="fairlead run"):
        History(objects, Index()).resolve("latest")


def test_each_store_has_its_own_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAIRLEAD_CACHE_DIR", str(tmp_path))
    assert index_path("s3://a/b") != index_path("s3://a/c")
    assert index_path("s3://a/b").is_relative_to(tmp_path)
