"""What the tests of the house look at: the files of the project that git knows or may know."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that is in the project or about to be: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return tuple(sorted(ROOT / name for name in listed.split("\0") if (ROOT / name).is_file()))


def sources(*folders: str) -> list[Path]:
    """Return the Python files below some folders of the project."""
    roots = [ROOT / folder for folder in folders]
    return [p for p in tracked() if p.suffix == ".py" and any(p.is_relative_to(r) for r in roots)]


def name(path: Path) -> str:
    """Return a file's path within the project."""
    return path.relative_to(ROOT).as_posix()
