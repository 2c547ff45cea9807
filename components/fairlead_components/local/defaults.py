"""Where local stacks keep their data."""

from pathlib import Path

import pulumi

#: Below the Pulumi project, beside Pulumi's own state, so that git ignores both.
DATA = ".state/data"


def data_folder(*parts: str) -> str:
    """Return a folder of this stack alone, absolute.

    It lies below ``fairlead:root`` of the configuration (relative to the Pulumi project's folder),
    which is ``.state/data`` unless it is set, and then below the stack's name: two stacks share
    nothing, also when they share the root.

    Args:
        parts: The folder, below the stack's.
    """
    project = Path(pulumi.get_root_directory() or Path.cwd())
    root = pulumi.Config("fairlead").get("root") or DATA
    return str(Path(project, root, pulumi.get_stack(), *parts).resolve())
