"""Copy the content of an artifact out of the store, as it is stored, verified on the way."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.errors import FairleadError
from fairlead.store.content import fetch_verified
from fairlead.store.records import ArtifactRecord

if TYPE_CHECKING:
    from fairlead.store.artifacts import Artifacts


class TargetExistsError(FairleadError, FileExistsError):
    """Report a file or folder where an artifact should be written."""

    def __str__(self) -> str:
        return str(self.args[0])


def fetch(artifacts: Artifacts, record: ArtifactRecord, target: Path) -> Path:
    """Write an artifact's content to a new path; nothing is there before all of it is verified.

    Args:
        artifacts: The store's artifacts.
        record: The artifact.
        target: The new file; for a tree or a list the new folder, which holds the elements of a
            list under their numbers.

    Returns:
        ``target``.

    Raises:
        TargetExistsError: There is something at ``target``.
        IntegrityError: The content is not what was recorded.
    """
    if target.exists():
        raise TargetExistsError(f"{target} exists already: choose another path, or remove it first")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fairlead-", dir=target.parent) as folder:
        shutil.move(_write(artifacts, record, Path(folder) / "content"), target)
    return target


def _write(artifacts: Artifacts, record: ArtifactRecord, place: Path) -> Path:
    if record.form == "tree":
        place.mkdir()
        tree: Path = artifacts.load(record, into=place)
        return tree
    if record.form == "list":
        place.mkdir()
        for number, element in enumerate(artifacts.elements(record)):
            shutil.move(_write(artifacts, element, place / f".{number}"), place / str(number))
        return place
    fetch_verified(artifacts.objects, record.path, record.digest, record.size, place)
    return place
