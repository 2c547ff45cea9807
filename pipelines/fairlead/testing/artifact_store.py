"""What every artifact store must do: a store's test is an empty subclass with one fixture.

Example:
    >>> class TestMyStore(ArtifactStoreSuite):
    ...     @pytest.fixture
    ...     def store_url(self, tmp_path: Path) -> str:
    ...         return f"file://{tmp_path}/store"
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import random
import secrets
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fairlead.errors import IntegrityError, ObjectNotFoundError, StoreError
from fairlead.store.artifacts import Artifacts
from fairlead.store.objects import ObjectInfo, ObjectStore, open_objects

_BLOCK = 10  # names that racers begin together, each in an order of its own
_ESCAPES = ["", "/", "../out", "a/../../out", "/etc/passwd", "a//b", "a/./b", "a/", "a\x00b", "."]
_ODD_NAMES = [
    "space in name", "ünïcödé/日本語", "train[0]/1", "a+b=c&d", "100%25", "quote'\"", "#hash", "~",
    "star*", "semi;colon", "x" * 200,
]  # fmt: skip


class ArtifactStoreSuite:
    """Prove the promises of ``ObjectStore`` for one store.

    Override ``store_url`` (a fixture: the URL of an empty store), or ``objects`` where a URL is not
    enough. Racing processes open the store with ``open_objects(url)``, as steps in containers do.

    Attributes:
        racers: Processes that race for the same names.
        names: How many names they race for.
        large: Bytes of the large object, above the store's limit for one request.
        odd_names: Paths that must work.
        fair: Whether racers get turns; a store with one lock for all writers may let one win all.
    """

    racers: ClassVar[int] = 8
    names: ClassVar[int] = 1000
    large: ClassVar[int] = 40 << 20
    fair: ClassVar[bool] = True
    odd_names: ClassVar[list[str]] = _ODD_NAMES

    @pytest.fixture
    def store_url(self) -> str:
        """Return the URL of an empty store."""
        raise NotImplementedError("override the fixture store_url")

    @pytest.fixture
    def objects(self, store_url: str) -> ObjectStore:
        """Return the store under test."""
        return open_objects(store_url)

    def test_returns_what_was_put(self, objects: ObjectStore) -> None:
        """An object holds its bytes, whatever they are, at once and for every reader."""
        for content in (b"", b"\x00\xff\r\n", os.urandom(300_000)):
            path = f"a/{hashlib.sha256(content).hexdigest()}"
            assert objects.put_new(path, content) is True
            assert objects.get(path) == content
            with objects.open(path) as file:
                assert file.read() == content
            assert objects.exists(path)

    def test_never_overwrites(self, objects: ObjectStore) -> None:
        """A second writer is told so and changes nothing."""
        assert objects.put_new("a/b.json", b"first") is True
        assert objects.put_new("a/b.json", b"second") is False
        assert objects.put_new("a/b.json", b"third", durable=False) is False
        assert objects.get("a/b.json") == b"first"

    def test_writes_what_need_not_be_durable(self, objects: ObjectStore) -> None:
        """An object that a power failure may take is like any other until then."""
        assert objects.put_new("c/d.json", b"first", durable=False) is True
        assert objects.put_new("c/d.json", b"second", durable=False) is False
        assert objects.get("c/d.json") == b"first"

    def test_missing_objects(self, objects: ObjectStore) -> None:
        """What is not there is reported by name, and a folder is no object."""
        objects.put_new("folder/object", b"1")
        for path in ("absent", "folder/absent", "folder"):
            assert objects.exists(path) is False
            with pytest.raises(ObjectNotFoundError, match=path):
                objects.get(path)
        with pytest.raises(ObjectNotFoundError, match="absent"):
            objects.open("folder/absent").read()
        objects.delete("folder/absent")

    def test_lists_sorted_and_complete(self, objects: ObjectStore) -> None:
        """A listing has every object below a folder, and nothing of its neighbours."""
        paths = ["l/a-b", "l/a/1", "l/a/2/x", "l/b", "l2/c", "l/a.json"]
        for path in paths:
            objects.put_new(path, path.encode())
        below = sorted(path for path in paths if path.startswith("l/"))
        assert list(objects.list("l")) == [ObjectInfo(path, len(path)) for path in below]
        assert [info.path for info in objects.list("l", recursive=False)] == [
            "l/a-b", "l/a.json", "l/a/", "l/b",
        ]  # fmt: skip
        assert [info.path for info in objects.list("l/a")] == ["l/a/1", "l/a/2/x"]
        assert list(objects.list("absent")) == []
        assert list(objects.list("l/b")) == []
        assert list(objects.list("absent/below", recursive=False)) == []
        assert {info.path for info in objects.list("", recursive=False)} == {"l/", "l2/"}
        assert {info.path for info in objects.list("")} == set(paths)

    def test_lists_what_was_just_written(self, objects: ObjectStore) -> None:
        """No listing is remembered: runners learn of each other's records by listing."""
        for number in range(5):
            objects.put_new(f"beat/{number}.json", b"{}")
            assert len(list(objects.list("beat"))) == number + 1

    def test_deleted_is_gone(self, objects: ObjectStore) -> None:
        """A deleted object is neither read nor listed, and its name is free again."""
        objects.put_new("d/e/f", b"1")
        objects.put_new("d/g", b"1")
        objects.delete("d/e/f")
        assert objects.exists("d/e/f") is False
        assert [info.path for info in objects.list("d", recursive=False)] == ["d/g"]
        assert objects.put_new("d/e/f", b"2") is True

    def test_odd_names(self, objects: ObjectStore) -> None:
        """A path is only text: spaces, other alphabets and wildcards stand for themselves."""
        for name in self.odd_names:
            path = f"odd/{name}"
            assert objects.put_new(path, name.encode()) is True
            assert objects.get(path) == name.encode()
            assert objects.put_new(path, b"other") is False
        listed = [info.path for info in objects.list("odd")]
        assert listed == sorted(f"odd/{name}" for name in self.odd_names)
        for name in self.odd_names:
            objects.delete(f"odd/{name}")
        assert list(objects.list("odd")) == []

    @pytest.mark.parametrize("path", _ESCAPES)
    def test_refuses_paths_that_leave_the_root(self, objects: ObjectStore, path: str) -> None:
        """No method touches anything outside the store's root."""
        calls: list[Any] = [
            objects.get, objects.exists, objects.delete, objects.open,
            lambda path: objects.put_new(path, b""),
        ]  # fmt: skip
        if path:
            calls.append(lambda path: list(objects.list(path)))
        for call in calls:
            with pytest.raises(StoreError, match="not the path of an object"):
                call(path)

    def test_spooled_large_object(self, objects: ObjectStore, tmp_path: Path) -> None:
        """Content of any size is put from a spooled file, exclusively, and streamed back."""
        block = os.urandom(1 << 20)
        digest = hashlib.sha256()
        with objects.spool() as spooled:
            for number in range(self.large >> 20):
                part = number.to_bytes(4, "big") + block[4:]
                digest.update(part)
                spooled.file.write(part)
            spooled.file.flush()
            assert objects.put_new("large/one", spooled.path) is True
        other = tmp_path / "other"
        other.write_bytes(b"x" * self.large)
        assert objects.put_new("large/one", other) is False
        assert other.stat().st_size == self.large, "a file that is not spooled is only read"
        found = hashlib.sha256()
        with objects.open("large/one") as file:
            while part := file.read(1 << 20):
                found.update(part)
        assert found.digest() == digest.digest()
        assert [info.size for info in objects.list("large")] == [self.large]

    def test_abandoned_spool_leaves_nothing(self, objects: ObjectStore) -> None:
        """A spooled file that is never put is no object."""
        with objects.spool() as spooled:
            spooled.file.write(b"x" * 100_000)
        assert list(objects.list("")) == []
        assert not spooled.path.exists()

    def test_detects_damage(self, objects: ObjectStore) -> None:
        """One flipped byte is found, whoever flipped it, and named."""
        artifacts = Artifacts(objects, allow_pickle=False)
        for value in ({"a": [1, 2, 3]}, b"x" * (3 << 20)):
            record = artifacts.save(value, pipeline="p", step="s", output="o")
            content = bytearray(objects.get(record.path))
            content[len(content) // 2] ^= 1
            objects.delete(record.path)
            objects.put_new(record.path, bytes(content))
            with pytest.raises(IntegrityError, match=record.path):
                artifacts.load(record)

    def test_threads_share_an_instance(self, objects: ObjectStore) -> None:
        """Threads that race for a name on one instance have one winner."""
        won: list[bool] = []
        start = threading.Barrier(4)

        def race(number: int) -> None:
            start.wait()
            content = f"{number}".encode()
            won.extend(objects.put_new(f"t/{name}", content) for name in range(10))

        threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(won) == 10
        assert len(won) == 40

    def test_works_after_a_fork(self, objects: ObjectStore) -> None:
        """A forked process, and one that unpickles the store, read and write through it."""
        objects.put_new("fork/parent", b"parent")
        for method in ("fork", "spawn"):
            context: Any = multiprocessing.get_context(method)
            child = context.Process(target=_write_in_child, args=(objects, f"fork/{method}"))
            child.start()
            child.join(60)
            assert child.exitcode == 0
            assert objects.get(f"fork/{method}") == b"parent"
        assert objects.put_new("fork/after", b"1") is True

    def test_exactly_one_winner(self, objects: ObjectStore, store_url: str) -> None:
        """Of all processes that write one name, exactly one creates it, and knows."""
        names = [f"race/{name:04}" for name in range(self.names)]
        context = multiprocessing.get_context("spawn")
        with context.Manager() as manager, ProcessPoolExecutor(self.racers, context) as pool:
            start = manager.Barrier(self.racers, timeout=60)
            jobs = [pool.submit(_race, store_url, names, start) for _ in range(self.racers)]
            wins = [job.result() for job in jobs]
        owner: dict[str, bytes] = {}
        for token, won in wins:
            for name in won:
                assert name not in owner, f"{name} has two winners"
                owner[name] = token
        assert len(owner) == self.names
        assert [info.path for info in objects.list("race")] == names
        for name in names[:: max(1, self.names // 50)]:
            assert objects.get(name) == owner[name] + name.encode()
        if self.fair:
            assert sum(len(won) > 0 for _, won in wins) > 1, "nobody raced"


def _write_in_child(objects: ObjectStore, path: str) -> None:
    objects = pickle.loads(pickle.dumps(objects))  # noqa: S301 - our own bytes
    if not objects.put_new(path, objects.get("fork/parent")):
        raise SystemExit(1)


def _race(url: str, names: list[str], start: Any) -> tuple[bytes, list[str]]:
    objects = open_objects(url)
    token = secrets.token_bytes(8)
    objects.exists("race/none")  # connect first, so that all begin at once
    won = []
    for at in range(0, len(names), _BLOCK):
        start.wait()  # whoever wins sends less than who loses, and would soon be ahead for good
        block = random.sample(names[at : at + _BLOCK], len(names[at : at + _BLOCK]))
        won += [name for name in block if objects.put_new(name, token + name.encode())]
    return token, won
