"""A file has one subject: components, ports and adapters stay small, and so does the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from tree import ROOT, name, sources, tracked

LIMITS = {
    "components/fairlead_components/local": 200,
    "components/fairlead_components/aws": 200,
    "components/fairlead_components/azure": 200,
    "components/fairlead_components/gcp": 200,
    "components/fairlead_components/kubernetes": 200,
    "pipelines/fairlead/ports": 60,
    "pipelines/fairlead/adapters": 300,
}
ANY = 400

#: Files beyond the limit that somebody looked at hard, and why they are one subject.
LOOKED_AT = {
    "pipelines/fairlead/dsl.py": "a user's three names, with all that their docstrings must say",
    "pipelines/fairlead/values.py": "one closed list of types, written, read and canonicalised",
}
LOOKED_AT_LIMIT = 450

NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def limit(path: Path) -> int:
    """Return how many lines a file may have."""
    for folder, lines in LIMITS.items():
        if path.is_relative_to(ROOT / folder):
            return lines
    return LOOKED_AT_LIMIT if name(path) in LOOKED_AT else ANY


def lines(path: Path) -> int:
    """Return how many lines a file has."""
    return len(path.read_text(encoding="utf-8").splitlines())


def test_files_keep_to_their_size() -> None:
    over = {
        name(p): f"{lines(p)} lines, {limit(p)} at most"
        for p in tracked()
        if p.suffix in (".py", ".go") and lines(p) > limit(p)
    }
    assert not over


@pytest.mark.parametrize("path", sorted(LOOKED_AT))
def test_an_exception_is_taken_back_when_it_is_no_longer_needed(path: str) -> None:
    assert lines(ROOT / path) > ANY, f"{path} is small again: take it from LOOKED_AT"


def test_no_file_is_a_drawer() -> None:
    everything = sources("components", "pipelines", "policies", "tests", "tools", "bench", "stacks")
    assert not [name(p) for p in everything if p.stem in NAMES or p.parent.name in NAMES]
