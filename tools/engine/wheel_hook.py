"""Put the engine's Go module into the wheel, from which `fairlead engine install` builds it.

A hook rather than `force-include`, which would copy it into editable installs too, where the
checkout's own is used and a copy would only be stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_TARGET = "fairlead_components/engine/source"


class EngineSourceHook(BuildHookInterface[Any]):
    """Add the folder of this file to wheels that are not editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files of the Go module and where they go.

        Args:
            version: What is built: ``standard`` or ``editable``.
            build_data: What hatchling will put into the wheel.
        """
        if version != "editable":
            folder = Path(self.root, "tools", "engine")
            for path in sorted(folder.rglob("*")):
                if path.suffix in {".go", ".mod", ".sum"} or path.name == "packages.py":
                    inside = path.relative_to(folder).as_posix()
                    build_data["force_include"][str(path)] = f"{_TARGET}/{inside}"
            # What Pulumi wants at the root of a pack: `fairlead policies path` lays it there.
            for name in ("PulumiPolicy.yaml", "__main__.py", "requirements.txt"):
                pack = str(Path(self.root, "policies", name))
                build_data["force_include"][pack] = f"fairlead_policies/pack_files/{name}"
