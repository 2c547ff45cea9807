"""What the guides show works as it stands there.

A block with a title is a file of the reader's project. A block after ``<!-- run -->`` is what the
reader does: commands in a shell, or a script. Blocks are taken in the page's order.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.testing.plugin import local_manifest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"^(?P<run><!-- run -->\n)?```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    title: str | None
    text: str
    runs: bool


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(b["language"], b["title"], b["text"], bool(b["run"])) for b in found]


PAGES = [p for p in sorted(DOCS.glob("**/*.md")) if any(b.runs for b in blocks(p))]


def test_guides_are_run() -> None:
    assert {"pipelines", "reading-back", "testing", "secrets"} <= {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(DOCS).as_posix())
def test_a_guide_does_what_it_says(page: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "guide"\nversion = "1"\n')
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(local_manifest(tmp_path / "stack").document()))
    environment = {
        **os.environ,
        "FAIRLEAD_MANIFEST": str(manifest),
        "FAIRLEAD_CACHE_DIR": str(tmp_path / "cache"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
    }
    for number, block in enumerate(blocks(page)):
        if block.title:
            (project / block.title).write_text(block.text)
        elif block.runs and block.language == "python":
            script = project / f"block_{number}.py"
            script.write_text(block.text)
            call([sys.executable, script.name], project, environment)
        elif block.runs:
            for line in block.text.splitlines():
                assert line.startswith("$ "), f"not a command: {line}"
                call(["bash", "-euo", "pipefail", "-c", line[2:]], project, environment)


def call(command: list[str], project: Path, environment: dict[str, str]) -> None:
    """Run a command of a guide; it must succeed."""
    done = subprocess.run(
        command,
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
