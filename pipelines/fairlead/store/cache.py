"""The cache: which attempt's outputs a key stands for.

Records are numbered below the key and never change. The highest whose outputs are all still there
counts, so a deleted output makes its step run again instead of failing its consumer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fairlead.errors import IntegrityError, ObjectNotFoundError
from fairlead.store.layout import cache_folder
from fairlead.store.records import CacheRecord

if TYPE_CHECKING:
    from fairlead.store.artifacts import Artifacts
    from fairlead.store.objects import ObjectStore

_log = logging.getLogger(__name__)


def lookup(
    objects: ObjectStore, artifacts: Artifacts, pipeline: str, step: str, key: str
) -> CacheRecord | None:
    """Return the newest record of a key whose outputs all exist.

    Args:
        objects: The store.
        artifacts: The same store's artifacts.
        pipeline: The pipeline's name.
        step: The step's name.
        key: What `step_key` returned.

    Returns:
        The record, or None: run the step.

    Raises:
        StoreError: The store cannot be read.
    """
    folder = cache_folder(pipeline, step, key)
    for number in sorted(_numbers(objects, folder), reverse=True):
        path = f"{folder}/{number}.json"
        try:
            record = CacheRecord.from_bytes(objects.get(path), path)
        except ObjectNotFoundError:  # deleted since it was listed
            continue
        except IntegrityError as error:
            # A cache only saves work: a record that cannot be read is work to do, not a failure.
            _log.warning("cache record ignored, the step runs: %s", error)
            continue
        if record.key != key:
            _log.warning("cache record ignored, the step runs: %s holds another key", path)
            continue
        if all(artifacts.exists(output) for output in record.outputs.values()):
            return record
    return None


def publish(objects: ObjectStore, pipeline: str, step: str, record: CacheRecord) -> None:
    """Record an attempt's outputs under their key; they must all be in the store already.

    Args:
        objects: The store.
        pipeline: The pipeline's name.
        step: The step's name.
        record: What to record; it takes the next free number.

    Raises:
        StoreError: The store cannot be written.
    """
    folder = cache_folder(pipeline, step, record.key)
    content = record.to_bytes()
    number = 1  # nearly always free, and then nothing needs listing
    # Not durable: a lost record costs a run of the step, three folders' sync cost every step.
    while not objects.put_new(f"{folder}/{number}.json", content, durable=False):
        number = max([number, *_numbers(objects, folder)]) + 1


def _numbers(objects: ObjectStore, folder: str) -> list[int]:
    stems = (
        info.path.rpartition("/")[2].removesuffix(".json")
        for info in objects.list(folder, recursive=False)
    )
    return [int(stem) for stem in stems if stem.isdecimal()]
