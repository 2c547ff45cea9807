"""The documentation builds without a warning, and its pages ask no other host for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASKED = re.compile(r"<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)=\"?(https?:[^\"\s>]+)")


def test_the_site_builds_and_stands_alone(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted(site.glob("**/*.html"))
    assert len(pages) > 20
    assert not {found for page in pages for found in ASKED.findall(page.read_text())}
    # An example of a docstring is shown as code.
    assert "&gt;&gt;&gt;" in (site / "reference/python.html").read_text()
