"""Of a key's records, the newest counts whose outputs are all still in the store."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairlead.store.artifacts import Artifacts
from fairlead.store.cache import lookup, publish
from fairlead.store.layout import cache_folder
from fairlead.store.objects import ObjectStore, open_objects
from fairlead.store.records import ArtifactRecord, AttemptReference, CacheRecord

KEY = f"sha256:{'c' * 64}"
RUN = "01KAEW8J00ABCDEFGHJKMNPQRS"


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return open_objects(f"file://{tmp_path}/store")


@pytest.fixture
def artifacts(objects: ObjectStore) -> Artifacts:
    return Artifacts(objects, allow_pickle=False)


def save(artifacts: Artifacts, value: object) -> ArtifactRecord:
    return artifacts.save(value, pipeline="training", step="load", output="rows")


def cached(attempt: int, *outputs: ArtifactRecord, key: str = KEY) -> CacheRecord:
    made_by = AttemptReference(run=RUN, step="load", attempt=attempt)
    named = {f"o{number}": output for number, output in enumerate(outputs)}
    return CacheRecord(key=key, made_by=made_by, outputs=named)


def test_an_empty_cache_has_no_hit(objects: ObjectStore, artifacts: Artifacts) -> None:
    assert lookup(objects, artifacts, "training", "load", KEY) is None


def test_the_newest_record_counts(objects: ObjectStore, artifacts: Artifacts) -> None:
    rows = save(artifacts, [1, 2])
    for attempt in range(1, 13):  # 10 comes after 9
        publish(objects, "training", "load", cached(attempt, rows))
    found = lookup(objects, artifacts, "training", "load", KEY)
    assert found is not None
    assert found.made_by.attempt == 12
    assert found.outputs["o0"] == rows
    for other in (("training", "other", KEY), ("training", "load", KEY[:-1])):
        assert lookup(objects, artifacts, *other) is None


def test_a_deleted_output_is_no_hit(objects: ObjectStore, artifacts: Artifacts) -> None:
    kept, lost = save(artifacts, [1]), save(artifacts, [2])
    publish(objects, "training", "load", cached(1, kept))
    publish(objects, "training", "load", cached(2, kept, lost))
    objects.delete(lost.path)
    found = lookup(objects, artifacts, "training", "load", KEY)
    assert found is not None
    assert found.made_by.attempt == 1
    objects.delete(kept.path)
    assert lookup(objects, artifacts, "training", "load", KEY) is None
    publish(objects, "training", "load", cached(3, save(artifacts, [1])))
    found = lookup(objects, artifacts, "training", "load", KEY)
    assert found is not None
    assert found.made_by.attempt == 3


def test_a_step_without_outputs_is_found(objects: ObjectStore, artifacts: Artifacts) -> None:
    publish(objects, "training", "load", cached(1))
    assert lookup(objects, artifacts, "training", "load", KEY) is not None


def test_a_record_that_cannot_be_read_costs_work_not_the_run(
    objects: ObjectStore, artifacts: Artifacts, caplog: pytest.LogCaptureFixture
) -> None:
    publish(objects, "training", "load", cached(1, save(artifacts, 1)))
    folder = cache_folder("training", "load", KEY)
    objects.put_new(f"{folder}/2.json", b"{damaged")
    objects.put_new(f"{folder}/3.json", cached(3, key=f"{KEY[:-1]}d").to_bytes())
    objects.put_new(f"{folder}/notes.txt", b"not ours")
    with caplog.at_level(logging.WARNING):
        found = lookup(objects, artifacts, "training", "load", KEY)
    assert found is not None
    assert found.made_by.attempt == 1
    assert f"{folder}/2.json" in caplog.text
    assert f"{folder}/3.json" in caplog.text


def test_writers_at_once_each_get_a_number(objects: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: publish(objects, "training", "load", cached(n)), range(40)))
    paths = [info.path for info in objects.list(cache_folder("training", "load", KEY))]
    attempts = {CacheRecord.from_bytes(objects.get(path), path).made_by.attempt for path in paths}
    assert attempts == {*range(40)}
