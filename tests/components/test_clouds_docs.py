"""What docs/clouds.md says of rights is so, and what it shows works as it stands there.

`FAIRLEAD_UPDATE_GOLDEN=1 pytest tests/components/test_clouds_docs.py` writes the table anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from fairlead_components.config import read_config
from fairlead_components.registry import find_component
from fairlead_components.rights import FUNCTIONS, PULLING, PUSHING, store_rights

PAGE = Path(__file__).parents[2] / "docs/clouds.md"
TABLE = re.compile(r"(?<=test_clouds_docs.py. -->\n\n).*?(?=\n\n)", re.DOTALL)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def shown(path: str) -> str:
    """Return a path with … for what only a run knows.

    >>> shown("runs/{date}/{run}/steps/{step}/{attempt}/{rest*}")
    '`runs/…/steps/`'
    """
    text = re.sub(r"(?:…/)+…", "…", re.sub(r"\{[^}]*\}", "…", path))
    return f"`{text.removesuffix('…')}`"


def table() -> str:
    lines = ["| function | reads | creates | deletes | images |", "|---|---|---|---|---|"]
    for function in FUNCTIONS:
        cells = []
        for verb in ("read", "create", "delete"):
            paths = (p for r in store_rights() if (r.function, r.verb) == (function, verb)
                     for p in r.paths)  # fmt: skip
            cells.append(", ".join(dict.fromkeys(shown(path) for path in paths)))
        images = "pushes" if function in PUSHING else "pulls" if function in PULLING else ""
        lines.append(f"| {' | '.join([function, *cells, images])} |")
    return "\n".join(lines)


def test_the_table_is_what_every_cloud_grants() -> None:
    if os.environ.get("FAIRLEAD_UPDATE_GOLDEN"):
        PAGE.write_text(TABLE.sub(lambda _: table(), PAGE.read_text()))
    (written,) = TABLE.findall(PAGE.read_text())
    assert written == table()


def test_the_configuration_is_valid() -> None:
    (block,) = blocks("yaml")
    values = yaml.safe_load(block)["config"]
    stack = read_config(
        {
            key.removeprefix("fairlead:"): value if isinstance(value, str) else json.dumps(value)
            for key, value in values.items()
        },
        "docs/clouds.md",
    )
    assert stack.components[0].args.existing.prefix == "fairlead"


def test_the_programs_make_a_store(record: Callable[..., Any]) -> None:
    for block, scheme in zip(blocks("python"), ("s3", "gs"), strict=True):
        kept: dict[str, Any] = {}
        code = compile(block, str(PAGE), "exec")

        def program(code: Any = code, kept: dict[str, Any] = kept) -> Any:
            exec(code, kept)
            return kept["store"].contract

        contract, _ = record(program, config={"gcp:project": "acme"})
        assert contract["url"].startswith(f"{scheme}://")


def test_the_classes_are_those_that_there_are() -> None:
    row = re.compile(r"^\|" + r" `(\w+)` \|" * 4 + "$", re.MULTILINE)
    rows = row.findall(PAGE.read_text())
    assert len(rows) == 4
    for kind, *names in rows:
        for provider, name in zip(("aws", "gcp", "azure"), names, strict=True):
            assert find_component(provider, kind, None).__name__ == name
