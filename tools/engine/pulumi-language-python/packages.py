"""Print as JSON the distributions of this environment, with the Pulumi plugin that each names.

Run by the language host inside the program's own interpreter. It asks importlib.metadata, because
environments made by uv have no pip to ask.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(distribution: Distribution) -> set[str]:
    names = set()
    for requirement in distribution.requires or []:
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        if match is not None and "extra ==" not in requirement:
            names.add(_normalized(match.group()))
    return names


def _plugin(distribution: Distribution) -> Any:
    # Parsing every RECORD takes most of the time, and few name a plugin.
    record = distribution.read_text("RECORD")
    if record is not None and "pulumi-plugin.json" not in record:
        return None
    for path in distribution.files or []:
        if path.name == "pulumi-plugin.json":
            located = Path(str(distribution.locate_file(path)))
            return json.loads(located.read_text(encoding="utf-8"))
    return None


found: dict[str, dict[str, Any]] = {}
required: set[str] = set()
for each in distributions():
    # A damaged distribution has no name; the first of two with one name is the one imported.
    name: str | None = each.metadata["Name"]
    if name and name not in found:
        required |= _requirements(each)
        found[name] = {"name": name, "version": each.version, "plugin": _plugin(each)}
for name, entry in found.items():
    entry["direct"] = _normalized(name) not in required
print(json.dumps(sorted(found.values(), key=lambda entry: str(entry["name"]).lower())))
