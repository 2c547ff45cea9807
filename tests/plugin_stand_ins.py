"""Let Pulumi find what it would download: the plugins of provider SDKs that lie beside us.

Before it runs a plugin written in Python, the engine gets the plugin of every provider SDK in the
same environment, used or not. No test here uses one, and no test may leave the machine.
"""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path


def keep_from_downloading(home: Path) -> None:
    """Put an executable for each provider SDK of this environment into a ``PULUMI_HOME``."""
    for path in Path(sysconfig.get_paths()["purelib"]).glob("pulumi_*/pulumi-plugin.json"):
        plugin = json.loads(path.read_text())
        if not plugin.get("resource"):
            continue
        folder = home / "plugins" / f"resource-{plugin['name']}-v{plugin['version']}"
        folder.mkdir(parents=True)
        program = folder / f"pulumi-resource-{plugin['name']}"
        program.write_text("#!/bin/sh\necho 'a stand-in: no test uses this provider' >&2\nexit 1\n")
        program.chmod(0o755)
