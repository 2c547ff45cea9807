"""The project that the tests edit."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from source_project import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    return tmp_path
