"""Somebody else's artifact store obeys the law of every artifact store."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.testing.artifact_store import ArtifactStoreSuite


@pytest.mark.usefixtures("shelf")
class TestShelfArtifactStore(ArtifactStoreSuite):
    fair = False  # SQLite has one lock for all writers
    names = 200  # each is a durable transaction of one file, and all racers take turns

    @pytest.fixture
    def store_url(self, tmp_path: Path) -> str:
        return f"shelf://{tmp_path}/objects.db"
