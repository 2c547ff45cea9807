"""Print as JSON the distributions of this environment, with the Pulumi plugin that each names.

Run by the language host inside the program's own interpreter. It asks importlib.metadata, because
environments made by uv have no pip to ask.
"""

import json
import re
from importlib.metadata import distributions

found = {}
required = set()
for distribution in distributions():
    name = distribution.metadata["Name"]
    if name is None or name in found:
        continue
    for requirement in distribution.requires or []:
        if "extra ==" not in requirement:
            match = re.match(r"[A-Za-z0-9._-]+", requirement)
            required.add(re.sub(r"[-_.]+", "-", match.group()).lower())
    plugin = None
    for path in distribution.files or []:
        if path.name == "pulumi-plugin.json":
            plugin = json.loads(distribution.locate_file(path).read_text(encoding="utf-8"))
    found[name] = {"name": name, "version": distribution.version, "plugin": plugin}
for entry in found.values():
    entry["direct"] = re.sub(r"[-_.]+", "-", entry["name"]).lower() not in required
print(json.dumps(sorted(found.values(), key=lambda entry: entry["name"].lower())))
